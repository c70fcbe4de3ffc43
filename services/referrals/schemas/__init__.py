"""Request and response shapes of referrals (what is stored is shaped by the domain itself)."""
