"""Backup and restore of all services' databases and of what waits in the broker, to a point where
they agree."""
