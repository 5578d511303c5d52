"""Histories, offsets and the outbox: the port, the Redis store and the in-memory store."""
