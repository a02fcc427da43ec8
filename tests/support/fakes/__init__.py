"""Parts that behave like the real ones, made for tests."""
