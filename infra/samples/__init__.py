"""Render the sample documents of the invented insurer Helvora: ``python -m infra.samples [--check]``."""
