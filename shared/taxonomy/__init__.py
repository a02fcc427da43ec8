"""Taxonomies: the items that an analysis looks for, and how a file of them is read."""
