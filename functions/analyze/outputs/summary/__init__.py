"""Summaries: what a document says, in a few of its sentences or in a model's words, each with its pages."""
