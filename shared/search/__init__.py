"""Search: what is indexed, and a question with its hits."""
