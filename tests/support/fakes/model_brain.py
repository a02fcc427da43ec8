"""What the fake model answers: a rule over the prompt, so that its answers mean something and can be wrong.

It grants an item where a sentence holds words of the item's label and no "not", and finds limits in sentences
with amounts. It knows of the document only what the prompt shows, as a real one does.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_ITEM = re.compile(r"^(i\d+) (\S+)(?: in segment (\S+))?: (.*)$", re.MULTILINE)
_KIND = re.compile(r"^(k\d+) (limit|condition|exclusion) (\S+): (.*)$", re.MULTILINE)
_PLACE = re.compile(r"^(d\d+) (.*?)(?:, granted in (p\d+))?; kinds: (.*)$", re.MULTILINE)
_PASSAGE = re.compile(r"^\[(p\d+)\]\n(.*?)(?=\n\n(?:\[p\d+\]|# )|\Z)", re.MULTILINE | re.DOTALL)
_PARAGRAPH = re.compile(r"^\[(k\d+)\]\n(.*?)(?=\n\n\[k\d+\]|\Z)", re.MULTILINE | re.DOTALL)
_SENTENCE = re.compile(r"^\[page (\d+)\] (.*)$", re.MULTILINE)
_NOT = re.compile(r"\b(nicht|kein\w*|ausgeschlossen|not|no|excluded|exclu\w*|pas|aucun\w*)\b", re.IGNORECASE)
_MONEY = re.compile(
    r"\b(CHF|EUR|GBP)\s?(\d{1,3}(?:['’ .,]\d{3})*|\d+)|\b(\d{1,3}(?:['’.,]\d{3})*|\d+)\s?(CHF|EUR|GBP)\b"
)
_PERCENT = re.compile(r"\b(\d{1,3})\s?(?:%|Prozent|percent|pour cent)")
_DAYS = re.compile(r"\b(\d{1,3})\s(?:Tage?n?|days?|jours?)\b")


@dataclass(frozen=True)
class Passage:
    key: str
    text: str

    @property
    def sentences(self) -> list[str]:
        return [part.strip() for part in re.split(r"(?<=[.!?;:])\s+|\n", self.text) if len(part.strip()) > 8]


def answer(prompt: str) -> dict[str, Any]:
    """Return the reply to a prompt of any form."""
    if paragraphs := _PARAGRAPH.findall(prompt):
        return {"paragraphs": [{"key": key, "text": f"<{text.strip()}>"} for key, text in paragraphs]}
    if sentences := _SENTENCE.findall(prompt):
        return {
            "sentences": [{"text": f"In short: {text}", "pages": [int(page)]} for page, text in sentences]
        }
    lists, _, texts = prompt.partition("## Passages")
    passages = [Passage(key, text.strip()) for key, text in _PASSAGE.findall(texts)]
    return _presence(lists, passages) if "## Items" in lists else _details(lists, passages)


def keys_of(prompt: str) -> list[str]:
    """Return the keys of what a prompt asks about."""
    lists = prompt.partition("## Passages")[0]
    return [match[0] for match in (_ITEM if "## Items" in lists else _PLACE).findall(lists)]


def _presence(lists: str, passages: list[Passage]) -> dict[str, Any]:
    granted, absent = [], []
    for key, _name, _segment, said in _ITEM.findall(lists):
        proof = _best(_stems(said.partition(".")[0]), passages)
        if proof is None:
            absent.append(key)
            continue
        passage, sentence = proof
        granted.append({"item": key, "passage": passage, "quote": sentence[:300], "confidence": 0.9})
    return {"granted": granted, "absent": absent}


def _details(lists: str, passages: list[Passage]) -> dict[str, Any]:
    kinds = {key: (category, name, said) for key, category, name, said in _KIND.findall(lists)}
    found: list[dict[str, Any]] = []
    done = []
    for key, what, granted_in, names in _PLACE.findall(lists):
        done.append(key)
        near = [passage for passage in passages if passage.key == granted_in] or passages
        own = [name for name in names.split() if name in kinds]
        label = re.search(r"\((.*)\)$", what)
        stems = _stems(label.group(1) if label else "")
        for passage in near:
            for sentence in passage.sentences:
                if _count(stems, sentence) < min(2, len(stems)):
                    continue
                found += [
                    {"place": key, "passage": passage.key, **one} for one in _limits(sentence, own, kinds)
                ]
        found += _named(key, own, kinds, passages)
    return {"found": found, "done": done}


def _limits(sentence: str, own: list[str], kinds: dict[str, tuple[str, str, str]]) -> list[dict[str, Any]]:
    values: list[tuple[str, float, str]] = []
    for match in _MONEY.finditer(sentence):
        digits = re.sub(r"\D", "", match.group(2) or match.group(3))
        values.append(("maximum_coverage_amount", float(digits), match.group(1) or match.group(4)))
    values += [("percentage_of_sum", float(match.group(1)), "%") for match in _PERCENT.finditer(sentence)]
    values += [("duration_limit", float(match.group(1)), "days") for match in _DAYS.finditer(sentence)]
    by_name = {kinds[key][1]: key for key in own if kinds[key][0] == "limit"}
    return [
        {"kind": by_name[name], "value": value, "unit": unit, "quote": sentence[:300], "confidence": 0.8}
        for name, value, unit in values
        if name in by_name
    ]


def _named(
    key: str, own: list[str], kinds: dict[str, tuple[str, str, str]], passages: list[Passage]
) -> list[dict[str, Any]]:
    """Return exclusions named in sentences that exclude."""
    found = []
    for kind in own:
        category, _name, said = kinds[kind]
        stems = _stems(said.partition(".")[0])
        if category != "exclusion":
            continue
        for passage in passages:
            hit = next(
                (s for s in passage.sentences if _NOT.search(s) and _count(stems, s) >= len(stems)), None
            )
            if hit is not None:
                claim = {"place": key, "kind": kind, "value": None, "unit": "", "passage": passage.key}
                found.append({**claim, "quote": hit[:300], "confidence": 0.7})
                break
    return found


def _best(stems: set[str], passages: list[Passage]) -> tuple[str, str] | None:
    best: tuple[int, str, str] | None = None
    for passage in passages:
        for sentence in passage.sentences:
            count = _count(stems, sentence)
            if (
                count >= (1 if len(stems) < 3 else 2)
                and not _NOT.search(sentence)
                and (best is None or count > best[0])
            ):
                best = (count, passage.key, sentence)
    return None if best is None else best[1:]


def _stems(text: str) -> set[str]:
    return {word[:5].lower() for word in re.findall(r"[^\W\d_]{3,}", text)}


def _count(stems: set[str], sentence: str) -> int:
    low = sentence.lower()
    return sum(1 for stem in stems if stem in low)


def render(reply: dict[str, Any]) -> str:
    """Return a reply as the model writes it."""
    return json.dumps(reply, ensure_ascii=False)
