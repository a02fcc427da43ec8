"""The question whether a document grants an item, and what a reply to it proves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from functions.analyze.document.model import Document
from functions.analyze.engines.llm import prompts
from functions.analyze.engines.llm.model_client import Prompt, Reading
from functions.analyze.engines.llm.passages import Passage, Passages
from functions.analyze.engines.llm.port import Message
from functions.analyze.engines.llm.replies import Granted, Presence, parse, schema_of
from functions.analyze.engines.llm.verify import ClaimEvidence, prove
from shared.findings.model import Finding
from shared.taxonomy.model import Item

MAX_EVIDENCE = 3
# A model that grants an item although it doubts it says, in effect, that it does not.
MIN_CONFIDENCE = 0.5


@dataclass(frozen=True, slots=True)
class AskedItem:
    """An item, within a segment where that is named, and the pieces of text to be read for it."""

    item: Item
    segment: str
    pieces: frozenset[int]


class PresenceForm:
    """See Form: an answer is a finding, or None where the document does not grant the item."""

    def __init__(self, document: Document, passages: Passages) -> None:
        self._document = document
        self._passages = passages

    def prompt(self, questions: Sequence[AskedItem]) -> Prompt:
        """See Form."""
        language = self._document.language
        lines = [
            prompts.item_line(key, question.item, language, question.segment)
            for key, question in zip(_keys(questions), questions, strict=True)
        ]
        text = prompts.sections([("Items", lines)], self._shown(questions))
        return Prompt((Message("system", prompts.PRESENCE), Message("user", text)), schema_of(Presence))

    def read(self, text: str, questions: Sequence[AskedItem]) -> Reading[Finding | None]:
        """See Form."""
        reply = parse(text, Presence)
        shown = self._shown(questions)
        numbers = {key: number for number, key in enumerate(_keys(questions))}
        proofs: dict[int, list[ClaimEvidence]] = {}
        dropped = 0
        for claim in reply.granted:
            number = numbers.get(claim.item)
            proof = self._proof(claim, shown)
            if number is None or proof is None:
                dropped += 1
            elif proof.confidence >= MIN_CONFIDENCE:
                proofs.setdefault(number, []).append(proof)
        mentioned = {claim.item for claim in reply.granted} | set(reply.absent)
        answers = {
            number: _finding(questions[number].item, proofs.get(number, []))
            for key, number in numbers.items()
            if key in mentioned
        }
        return Reading(answers, len(reply.granted), dropped)

    def _proof(self, claim: Granted, shown: Sequence[Passage]) -> ClaimEvidence | None:
        return prove(self._document, shown, claim.passage, claim.quote, claim.confidence)

    def _shown(self, questions: Sequence[AskedItem]) -> list[Passage]:
        return self._passages.join(number for question in questions for number in question.pieces)


def _keys(questions: Sequence[AskedItem]) -> list[str]:
    return [f"i{number}" for number in range(1, len(questions) + 1)]


def _finding(item: Item, proofs: Sequence[ClaimEvidence]) -> Finding | None:
    if not proofs:
        return None
    best = sorted(proofs, key=lambda proof: -proof.confidence)
    evidence = {(proof.evidence.page, proof.evidence.start): proof.evidence for proof in best}
    return Finding(
        item_name=item.name,
        item_id=item.item_id,
        confidence=best[0].confidence,
        evidence=tuple(evidence.values())[:MAX_EVIDENCE],
        section_reference=best[0].section,
        description=item.description,
    )
