"""The rules of assess, plan and do. Imports nothing but the standard library."""
