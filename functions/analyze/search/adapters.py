"""What indexing and searching share, made as the settings say. Nothing heavy loads before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from functions.analyze.search.embeddings.port import Embeddings
    from functions.analyze.search.index_settings import RetrievalSettings
    from functions.analyze.search.vectors import VectorStore
    from shared.files.port import Files


def embeddings(s: RetrievalSettings) -> Embeddings:
    """Return the model that makes vectors."""
    if s.embeddings == "bedrock":
        from functions.analyze.search.embeddings.bedrock import BedrockEmbeddings

        return BedrockEmbeddings(s.embeddings_model, s.aws_endpoint_url)
    if s.embeddings == "openai":
        from functions.analyze.search.embeddings.openai import OpenAIEmbeddings
        from shared.aws.ssm import Secret

        key = Secret(s.embeddings_key.get_secret_value(), s.embeddings_key_parameter, s.aws_endpoint_url)
        return OpenAIEmbeddings(s.embeddings_url, s.embeddings_model, key)
    from functions.analyze.search.embeddings.local import LocalEmbeddings

    return LocalEmbeddings(s.embedding_threads)


def vector_store(s: RetrievalSettings, files: Files) -> VectorStore:
    """Return where vectors are kept."""
    if s.vector_bucket:
        from shared.aws.s3_vectors import S3VectorStore

        return S3VectorStore(s.vector_bucket, s.aws_endpoint_url)
    from functions.analyze.search.vectors import FileVectors

    return FileVectors(files)
