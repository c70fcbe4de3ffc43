"""RabbitMQ through kombu: one thin wrapper that holds all the broker's traps."""
