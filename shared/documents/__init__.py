"""Documents: their records, and what was extracted of them."""
