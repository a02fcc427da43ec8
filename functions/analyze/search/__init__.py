"""Search over the indexed documents of one owner: vectors and keywords, ranked together."""
