"""The question which limits, conditions and exclusions places have, and what a reply to it proves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from functions.analyze.document.model import Document
from functions.analyze.engines.llm import prompts
from functions.analyze.engines.llm.model_client import Prompt, Reading
from functions.analyze.engines.llm.passages import Passage, Passages
from functions.analyze.engines.llm.port import Message
from functions.analyze.engines.llm.presence import MIN_CONFIDENCE
from functions.analyze.engines.llm.replies import Detail, parse, schema_of
from functions.analyze.engines.llm.replies import DetailsReply as Said
from functions.analyze.engines.llm.verify import Number, find_number, prove
from functions.analyze.engines.port import Place
from shared.findings.model import Details, Finding
from shared.taxonomy.model import Category, Item

KINDS = (Category.LIMIT, Category.CONDITION, Category.EXCLUSION)
_Kind = tuple[Category, str]


@dataclass(frozen=True, slots=True)
class AskedPlace:
    """A place and the pieces of text to be read for it."""

    place: Place
    pieces: frozenset[int]


class DetailsForm:
    """See Form: an answer has what the reply proves of a place."""

    def __init__(self, document: Document, passages: Passages) -> None:
        self._document = document
        self._passages = passages

    def prompt(self, questions: Sequence[AskedPlace]) -> Prompt:
        """See Form."""
        shown = self._shown(questions)
        kinds = _kinds(questions)
        language = self._document.language
        kind_lines = [prompts.kind_line(key, item, language) for key, item in kinds.items()]
        keys = {_kind(item): key for key, item in kinds.items()}
        place_lines = [
            self._line(key, question.place, keys, shown)
            for key, question in zip(_keys(questions), questions, strict=True)
        ]
        text = prompts.sections([("Kinds", kind_lines), ("Places", place_lines)], shown)
        return Prompt((Message("system", prompts.DETAILS), Message("user", text)), schema_of(Said))

    def read(self, text: str, questions: Sequence[AskedPlace]) -> Reading[Details]:
        """See Form."""
        reply = parse(text, Said)
        shown = self._shown(questions)
        kinds = _kinds(questions)
        numbers = {key: number for number, key in enumerate(_keys(questions))}
        findings: dict[int, list[tuple[Item, Finding]]] = {}
        dropped = 0
        for claim in reply.found:
            number = numbers.get(claim.place)
            item = None if number is None else _child(questions[number].place.item, kinds.get(claim.kind))
            finding = None if item is None else self._finding(item, claim, shown)
            if number is None or item is None or finding is None:
                dropped += 1
            elif finding.confidence >= MIN_CONFIDENCE:
                findings.setdefault(number, []).append((item, finding))
        mentioned = {claim.place for claim in reply.found} | set(reply.done)
        answers = {
            number: _details(questions[number].place.item, findings.get(number, []))
            for key, number in numbers.items()
            if key in mentioned
        }
        return Reading(answers, len(reply.found), dropped)

    def _line(self, key: str, place: Place, keys: dict[_Kind, str], shown: Sequence[Passage]) -> str:
        names = " ".join(keys[_kind(child)] for child in _asked_of(place.item))
        segment = place.segment
        if segment is None:
            return prompts.place_line(key, "product", place.item, self._document.language, names, "")
        what = "segment" if place.benefit is None else f"segment {segment.item_name} benefit"
        proof = (place.benefit or segment).evidence[0]
        held = [
            number
            for number, passage in enumerate(shown, 1)
            if passage.page == proof.page and passage.start < proof.end and proof.start < passage.end
        ]
        granted = f", granted in p{held[0]}" if held else ""
        return prompts.place_line(key, what, place.item, self._document.language, names, granted)

    def _finding(self, item: Item, claim: Detail, shown: Sequence[Passage]) -> Finding | None:
        proof = prove(self._document, shown, claim.passage, claim.quote, claim.confidence)
        if proof is None:
            return None
        number = Number(None, "", "")
        if item.category is Category.LIMIT:
            page = self._document.pages[proof.evidence.page - 1]
            proved = find_number(page, proof.evidence.start, proof.evidence.end, claim.value, claim.unit)
            if proved is None:
                return None
            number = proved
        return Finding(
            item_name=item.name,
            item_id=item.item_id,
            confidence=proof.confidence,
            evidence=(proof.evidence,),
            section_reference=proof.section,
            description=item.description,
            value=number.value,
            unit=number.unit,
            scope=number.scope,
        )

    def _shown(self, questions: Sequence[AskedPlace]) -> list[Passage]:
        return self._passages.join(number for question in questions for number in question.pieces)


def has_kinds(place: Place) -> bool:
    """Say whether there is anything to ask about a place."""
    return bool(_asked_of(place.item))


def _asked_of(item: Item) -> tuple[Item, ...]:
    return tuple(child for child in item.children if child.category in KINDS)


def _kind(item: Item) -> _Kind:
    return item.category, item.name


def _kinds(questions: Sequence[AskedPlace]) -> dict[str, Item]:
    """Return the kinds of all places by key; the same name below several places is one kind."""
    first: dict[_Kind, Item] = {}
    for question in questions:
        for child in _asked_of(question.place.item):
            first.setdefault(_kind(child), child)
    return {f"k{number}": item for number, item in enumerate(first.values(), 1)}


def _keys(questions: Sequence[AskedPlace]) -> list[str]:
    return [f"d{number}" for number in range(1, len(questions) + 1)]


def _child(parent: Item, kind: Item | None) -> Item | None:
    """Return the place's own item of a kind, None where it has none."""
    if kind is None:
        return None
    return next((child for child in _asked_of(parent) if _kind(child) == _kind(kind)), None)


def _details(parent: Item, proven: Sequence[tuple[Item, Finding]]) -> Details:
    """Return the findings in the taxonomy's order, the same number of the same kind once."""
    once: dict[tuple[str, object], Finding] = {}
    for item, finding in sorted(proven, key=lambda pair: -pair[1].confidence):
        once.setdefault((item.item_id, (finding.value, finding.unit, finding.scope)), finding)
    order = {child.item_id: number for number, child in enumerate(parent.children)}
    findings = sorted(once.values(), key=lambda finding: order[finding.item_id])

    def of(category: Category) -> tuple[Finding, ...]:
        ids = {child.item_id for child in parent.of(category)}
        return tuple(finding for finding in findings if finding.item_id in ids)

    return Details(of(Category.LIMIT), of(Category.CONDITION), of(Category.EXCLUSION))
