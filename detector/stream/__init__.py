"""The live job: from Kafka's topics to alerts on Kafka's topics."""
