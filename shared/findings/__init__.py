"""Findings: the result tree, paths into it, comparison of trees, reviews."""
