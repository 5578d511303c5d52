"""What the detector is measured beside."""
