"""Benchmarks: figures and ratios for people, never assertions."""
