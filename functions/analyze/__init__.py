"""The analysis: a document in, findings with evidence out."""
