"""Real servers for the tests: Apache Kafka and Redis, never a stand-in and never a skipped test."""
