"""Engines that ask a language model, and believe it only what the text proves."""
