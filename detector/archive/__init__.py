"""The archive: alerts from Kafka into PostgreSQL, and what analysts say of them."""
