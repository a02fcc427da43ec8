"""The file store: its port, and the keys of everything in it."""
