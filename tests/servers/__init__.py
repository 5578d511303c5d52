"""Real servers for the tests, Kafka, Redis and PostgreSQL: never a stand-in and never a skipped test."""
