"""Texts as vectors: by a model that comes with a package, by an OpenAI-compatible endpoint, or by Bedrock."""
