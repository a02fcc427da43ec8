"""A search: the question as the API asks it, the answer as the search function gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from shared.errors import PermanentError
from shared.jobs.model import Owner
from shared.json_values import from_json_values, to_json_values

MAX_QUERY = 1000
MAX_LIMIT = 50
# Deeper than this is not read, and the rankings end.
MAX_FOUND = 200


class SearchTooWideError(PermanentError):
    """More passages are in scope than the search function holds in memory."""

    status = 422

    def __init__(self, passages: int, most: int) -> None:
        super().__init__(
            "search-too-wide",
            f"The search covers {passages} passages, and this deployment searches {most} at a time. "
            "Narrow it by document, product or case.",
        )


@dataclass(frozen=True, slots=True)
class SearchQuestion:
    """A question to the documents of one owner: all of them, or those of a document, product or case."""

    owner: Owner
    query: str
    limit: int = 10
    offset: int = 0
    document_id: str = ""
    product_id: str = ""
    case_id: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the form that travels."""
        values: dict[str, Any] = to_json_values(type(self), self)
        return values

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SearchQuestion:
        """Read what ``to_json`` wrote; raises PermanentError where it is no question."""
        refused = PermanentError("bad-question", "The event is no search question.")
        try:
            question = cls(**{**data, "owner": Owner(**data["owner"])})
        except (KeyError, TypeError) as error:
            raise refused from error
        texts = (question.query, question.document_id, question.product_id, question.case_id)
        names = (question.owner.issuer, question.owner.subject)
        numbers = (question.limit, question.offset)
        # Nothing is converted here: what is not of its type is not a question of the API.
        if not (
            all(isinstance(text, str) for text in texts)
            and all(isinstance(name, str) and name for name in names)
            and all(isinstance(number, int) and number >= 0 for number in numbers)
        ):
            raise refused
        return question


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A passage that was found; ``score`` is 1 where both rankings put it first, ``similarity`` a cosine.

    ``spans`` are (page, start, end) in the text of the document's pages. ``found_by`` names the rankings that
    have it: ``vectors``, ``keywords``.
    """

    document_id: str
    file_name: str
    product_id: str
    case_id: str
    passage_id: str
    page: int
    last_page: int
    headings: tuple[str, ...]
    text: str
    spans: tuple[tuple[int, int, int], ...]
    score: float
    similarity: float | None
    found_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """Hits, the best first. ``found`` counts them over all pages of the answer.

    ``documents`` were searched; ``skipped`` (ids) were not, as their vectors come from another model, or the
    files of their index are missing: analyse them again.
    """

    hits: tuple[SearchHit, ...]
    found: int
    documents: int
    skipped: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the form that travels."""
        values: dict[str, Any] = to_json_values(type(self), self)
        return values

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SearchAnswer:
        """Read what ``to_json`` wrote, after a way through JSON."""
        return from_json_values(cls, data)


class SearchService(Protocol):
    """Answers questions; raises TransientError, and ClauseworksError for what cannot be answered."""

    def ask(self, question: SearchQuestion) -> SearchAnswer:
        """Answer a question by the documents of its owner."""
        ...
