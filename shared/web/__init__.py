"""Flask: problem+json, the guard, idempotency, ETags, health and metrics, once for all services."""
