"""Removing what jobs stored and seeded."""
