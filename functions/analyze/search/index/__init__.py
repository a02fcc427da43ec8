"""The index of a document: passages, their vectors, and the tree of its outline."""
