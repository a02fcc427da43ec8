"""The forms that replies have, as JSON schemas for the provider and as checked values for us."""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from functions.analyze.engines.llm.port import BadReplyError, Schema

_FENCE = re.compile(r"^\s*```(?:json)?\s*|\s*```\s*$")
_KEPT_ERRORS = 3


class _Form(BaseModel):
    # Every field is required and none may be added: what providers ask of schemas that they enforce.
    model_config = ConfigDict(extra="forbid", frozen=True)


class Granted(_Form):
    """An item that the document grants, and the passage's words that prove it."""

    item: str
    passage: str
    quote: str
    confidence: float


class Presence(_Form):
    """Which items are granted; every item is in one of the two lists."""

    granted: list[Granted]
    absent: list[str]


class Detail(_Form):
    """A limit, condition or exclusion of a place; ``value`` is null for "unlimited" and for none."""

    place: str
    kind: str
    value: float | None
    unit: str
    passage: str
    quote: str
    confidence: float


class DetailsReply(_Form):
    """What was found, and the places that were looked at: all of them."""

    found: list[Detail]
    done: list[str]


class ItemReply(_Form):
    """A paragraph in another language, by its key."""

    key: str
    text: str


class Translated(_Form):
    """Every paragraph that was given."""

    paragraphs: list[ItemReply]


class Point(_Form):
    """A sentence of a summary, and the pages that say it."""

    text: str
    pages: list[int]


class Summarised(_Form):
    """A summary, the most important first."""

    sentences: list[Point]


_FormT = TypeVar("_FormT", bound=_Form)


def schema_of(form: type[_Form]) -> Schema:
    """Return the schema that a provider is given."""
    return Schema(form.__name__.lower(), _bare(form.model_json_schema()))


def parse(text: str, form: type[_FormT]) -> _FormT:
    """Read a reply, also where it is wrapped in a code fence or in words; raises BadReplyError."""
    for candidate in (_FENCE.sub("", text), text[text.find("{") : text.rfind("}") + 1]):
        try:
            value = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        try:
            return form.model_validate(value)
        except ValidationError as error:
            # Places and rules only: the values are the document's.
            places = [".".join(str(part) for part in each["loc"]) for each in error.errors()[:_KEPT_ERRORS]]
            raise BadReplyError(f"it does not meet the schema at {', '.join(places) or 'its top'}") from None
    raise BadReplyError("it is no JSON object")


def _bare(value: Any) -> Any:
    """Drop what a schema says to people only: it costs tokens."""
    if isinstance(value, dict):
        return {
            name: _bare(part)
            for name, part in value.items()
            if not (name in {"title", "description"} and isinstance(part, str))
        }
    return [_bare(part) for part in value] if isinstance(value, list) else value
