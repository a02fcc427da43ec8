"""Seeding: the findings of a product's analysis as rows in Directus, written so that it can be repeated."""
