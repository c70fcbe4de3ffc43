"""A fictional council and a year of its SEN support, the same from the same seed.

No name here is a real person's: first names are common ones, surnames are made up.
"""
