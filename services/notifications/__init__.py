"""Contacts, preferences, templates, and the messages that tell families what happens."""
