"""The Lambda handler of the search function, which the API invokes."""

from __future__ import annotations

from functools import cache
from typing import Any

from functions.analyze.search.search import Search
from functions.analyze.search.settings import SearchSettings
from shared.errors import ClauseworksError, TransientError
from shared.observability import logger
from shared.search.query import SearchQuestion


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer a question; what cannot be answered comes back as a problem, not as a failed invocation."""
    try:
        return {"answer": search().ask(SearchQuestion.from_json(event)).to_json()}
    except ClauseworksError as error:
        logger.warning("Question not answered", problem=error.code)
        return {"problem": {**error.problem().to_dict(), "transient": isinstance(error, TransientError)}}


@cache
def search() -> Search:
    """Return the search of this process, with the adapters that the settings name."""
    from functions.analyze.search.adapters import embeddings, vector_store
    from functions.analyze.search.library import Library
    from shared.aws.dynamodb.search_index import DynamoSearchIndex
    from shared.aws.s3 import S3Files

    s = SearchSettings()
    files = S3Files(s.documents_bucket, s.aws_endpoint_url)
    return Search(
        embeddings=embeddings(s),
        index=DynamoSearchIndex(s.jobs_table, s.aws_endpoint_url),
        vectors=vector_store(s, files),
        library=Library(files, s.search_passages),
    )
