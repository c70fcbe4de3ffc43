"""The embedded stack: the whole system on one machine, with real servers and no Docker."""
