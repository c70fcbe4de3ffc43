"""SEND support services, referrals to them, and their triage queues."""
