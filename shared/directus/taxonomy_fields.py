"""The fields of a row of ``taxonomy_items`` that hold more than one text.

``aliases`` and ``examples`` are lists by language, a list for every language, or text with one entry a
line (or between semicolons; aliases also between commas). The same forms written as JSON into a text
field are read as JSON.

``llm_instruction`` is free text for a language model. What the rules engine needs besides follows a line
that reads ``--- rules``, as YAML with the keys ``labels`` and ``hints`` of the taxonomy file's schema:

    Cover when luggage is late.
    --- rules
    labels: {de: Gepäckverspätung}
    hints: {scope: anywhere}
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shared.errors import PermanentError
from shared.taxonomy.yaml import safe_load

EVERY_LANGUAGE = "und"
"""The language of words that name none (ISO 639-2: undetermined)."""

RULES_MARK = "--- rules"

Texts = dict[str, tuple[str, ...]]

_SCHEMA = Path(__file__).parents[1] / "schemas" / "taxonomy.v1.json"
_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_][a-z0-9]+)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Instruction:
    """What ``llm_instruction`` holds."""

    text: str = ""
    labels: Mapping[str, str] | None = None
    hints: Mapping[str, object] | None = None


def read_texts(value: object, place: str, separators: str = "\n;,") -> Texts:
    """Return entries by language; text is split at the first of ``separators`` that it holds.

    Raises PermanentError ``invalid-taxonomy`` naming ``place``.
    """
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise invalid(place, "begins like JSON, but is none") from error
    if isinstance(value, Mapping):
        texts: Texts = {}
        for key, entry in value.items():
            language = _language(key, place)
            texts[language] = texts.get(language, ()) + _entries(entry, place, separators)
        return {language: entries for language, entries in texts.items() if entries}
    entries = _entries(value, place, separators)
    return {EVERY_LANGUAGE: entries} if entries else {}


def read_instruction(value: object, place: str) -> Instruction:
    """Take ``llm_instruction`` apart; raises PermanentError ``invalid-taxonomy`` naming ``place``."""
    if value is None:
        return Instruction()
    if not isinstance(value, str):
        raise invalid(place, "must be text")
    lines = value.splitlines()
    marks = [number for number, line in enumerate(lines) if line.strip() == RULES_MARK]
    if not marks:
        return Instruction(value.strip())
    rules = _rules("\n".join(lines[marks[0] + 1 :]), place)
    labels = _mapping(rules.get("labels"), f"{place}: labels")
    hints = _mapping(rules.get("hints"), f"{place}: hints")
    unknown = [*(set(rules) - {"labels", "hints"}), *(set(hints) - _known_hints())]
    if unknown:
        raise invalid(place, f"has unknown keys below {RULES_MARK!r}: {', '.join(sorted(unknown))}")
    if not all(isinstance(label, str) for label in labels.values()):
        raise invalid(place, "labels must be text by language")
    return Instruction("\n".join(lines[: marks[0]]).strip(), labels, hints)


def write_instruction(text: str, labels: Mapping[str, str], hints: Mapping[str, object]) -> str:
    """Return what ``read_instruction`` takes apart."""
    import yaml

    rules = {name: dict(value) for name, value in (("labels", labels), ("hints", hints)) if value}
    if not rules:
        return text
    block = yaml.safe_dump(rules, allow_unicode=True, sort_keys=False, width=100)
    return f"{text}\n{RULES_MARK}\n{block}".lstrip("\n")


def invalid(place: str, problem: str) -> PermanentError:
    """Return the error for a taxonomy in Directus that cannot be read."""
    return PermanentError("invalid-taxonomy", f"Taxonomy in Directus: {place} {problem}.")


def _entries(value: object, place: str, separators: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        chosen = next((mark for mark in separators if mark in value.strip()), None)
        value = value.split(chosen) if chosen else [value]
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise invalid(place, "must be text, a list of texts, or such by language")
    return tuple(entry.strip() for entry in value if entry.strip())


def _language(key: object, place: str) -> str:
    match = _LANGUAGE.fullmatch(key) if isinstance(key, str) else None
    if match is None:
        raise invalid(place, f"names the language {str(key)[:20]!r}; use two letters such as de")
    return match[1].lower()


def _rules(block: str, place: str) -> Mapping[str, Any]:
    import yaml

    try:
        return _mapping(safe_load(block), f"{place} below {RULES_MARK!r}")
    except yaml.YAMLError as error:
        raise invalid(place, f"holds no valid YAML below {RULES_MARK!r}") from error


def _mapping(value: object, place: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise invalid(place, "must be a mapping with text keys")
    return value


@cache
def _known_hints() -> frozenset[str]:
    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    return frozenset(schema["$defs"]["hints"]["properties"])
