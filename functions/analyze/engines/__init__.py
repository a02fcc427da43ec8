"""The engines: who decides what a document grants."""
