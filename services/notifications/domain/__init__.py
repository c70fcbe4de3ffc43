"""The rules of who is told what, and when. Imports nothing but the standard library."""
