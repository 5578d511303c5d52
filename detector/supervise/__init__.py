"""Several workers on one machine, started again when they end, and seen as one."""
