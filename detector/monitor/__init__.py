"""What operators see: metrics, health endpoints and logs."""
