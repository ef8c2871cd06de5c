"""Against a real RabbitMQ and real databases."""
