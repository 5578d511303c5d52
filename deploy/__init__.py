"""What goes with the detector where it runs."""
