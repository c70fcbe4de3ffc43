"""Who is asking: bearer tokens for people with an account, signed links for those without."""
