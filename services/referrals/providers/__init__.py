"""What the outside world is spoken to through: other services, scanners, webhooks."""
