"""What operators' routes call."""
