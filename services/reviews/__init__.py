"""The review schedule, reviews, and the escalation to an EHC needs assessment."""
