"""What routes call."""
