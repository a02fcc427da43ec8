"""What the search function reads from its environment."""

from __future__ import annotations

from pydantic import Field

from functions.analyze.search.index_settings import RetrievalSettings


class SearchSettings(RetrievalSettings):
    """See CommonSettings."""

    search_passages: int = Field(
        30_000, ge=100, description="Passages that a search may cover, and that are kept in memory."
    )
