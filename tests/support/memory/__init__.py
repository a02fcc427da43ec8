"""Stores in memory that only tests need: they behave like the real ones."""
