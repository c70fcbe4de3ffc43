"""MongoDB: one command, one document, its events inside it."""
