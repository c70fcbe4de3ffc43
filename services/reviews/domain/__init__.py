"""The rules of review and escalation. Imports nothing but the standard library."""
