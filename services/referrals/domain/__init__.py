"""The rules of referral and triage. Imports nothing but the standard library."""
