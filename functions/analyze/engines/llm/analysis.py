"""An analysis by a model: picks the passages for each question, and cuts the questions into requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from functions.analyze.engines.llm.details import AskedPlace, DetailsForm, has_kinds
from functions.analyze.engines.llm.model_client import Form, ModelClient
from functions.analyze.engines.llm.passages import Passages
from functions.analyze.engines.llm.presence import AskedItem, PresenceForm
from functions.analyze.engines.llm.terms import Term, merged, terms_of
from functions.analyze.engines.port import Place, Question, Task
from shared.findings.model import Details, Evidence, Finding
from shared.taxonomy.model import Item

# Tokens of passages that an item gets for each chunk that it may take from.
_SEGMENT_TOKENS = 100
_BENEFIT_TOKENS = 75
_DETAIL_TOKENS = 200
# What the words of a segment count in the search for its benefits, and for their details.
_SEGMENT_IN_BENEFIT = 0.3
_SEGMENT_IN_DETAIL = 0.6
# Pieces behind the evidence of a benefit that are read for its limits.
_NEIGHBOURS = 6
# Of benefits and details none reads more than this share of a document, if that is more than so many tokens.
# A segment may: what is missed there is missed with all that is below it.
_SHARE = 1 / 24
_LEAST = 300
# Tokens of passages above which a request is cut in two.
MOST_TOKENS = 9000

_Q = TypeVar("_Q", bound=AskedItem | AskedPlace)


@dataclass(frozen=True, slots=True)
class Depth:
    """From how many chunks the passages of a question come, by tier."""

    segments: int = 8
    benefits: int = 8
    details: int = 3

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Depth:
        """Return what a job's parameters say."""
        names = {"segments": "segment_chunks", "benefits": "benefit_chunks", "details": "detail_chunks"}
        return cls(**{tier: int(params[name]) for tier, name in names.items() if name in params})


@dataclass(frozen=True, slots=True)
class Plan:
    """Requests and the tokens that they have a model read, as we estimate them."""

    calls: int = 0
    tokens: int = 0

    def __add__(self, other: Plan) -> Plan:
        """Return both together."""
        return Plan(self.calls + other.calls, self.tokens + other.tokens)


class Requests:
    """The requests that a document's questions come to; it sends none."""

    def __init__(self, task: Task) -> None:
        self._language = task.document.language
        self._depth = Depth.of(task.run.params)
        self.passages = Passages(task.document, task.chunks())
        self._whole = sum(piece.tokens for piece in self.passages.pieces)
        self.presence = PresenceForm(task.document, self.passages)
        self.details = DetailsForm(task.document, self.passages)
        self._segments = {item.name: item for item in task.taxonomy.segments}

    def segments(self, items: Sequence[Item]) -> list[list[AskedItem]]:
        """Return the requests about segments."""
        return self._cut([self._asked_segment(item) for item in items])

    def benefits(self, questions: Sequence[Question]) -> list[list[AskedItem]]:
        """Return the requests about the items of all questions, in order."""
        items = [
            self._asked_benefit(item, question.segment) for question in questions for item in question.items
        ]
        return self._cut(items)

    def places(self, places: Sequence[Place]) -> list[list[AskedPlace]]:
        """Return the requests about places."""
        return self._cut([self._asked_place(place) for place in places])

    def plan(self, form: Form[_Q, Any], batches: Sequence[Sequence[_Q]]) -> Plan:
        """Return what requests come to."""
        return Plan(len(batches), sum(form.prompt(batch).tokens for batch in batches))

    def mentions(self, item: Item) -> bool:
        """Say whether the document holds words of an item close to each other."""
        return self.passages.holds(terms_of(item, self._language))

    def holds_amounts(self, evidence: Sequence[Evidence]) -> bool:
        """Say whether there are amounts where the evidence stands."""
        return self.passages.has_amount(self.passages.around(evidence, 1, MOST_TOKENS))

    def _asked_segment(self, item: Item) -> AskedItem:
        chunks = self._depth.segments
        terms = terms_of(item, self._language)
        pieces = self.passages.find(terms, chunks, chunks * _SEGMENT_TOKENS)
        return AskedItem(item, "", frozenset(pieces))

    def _asked_benefit(self, item: Item, segment: Finding) -> AskedItem:
        chunks = self._depth.benefits
        terms = merged([terms_of(item, self._language), self._of_segment(segment, _SEGMENT_IN_BENEFIT)])
        pieces = self.passages.find(terms, chunks, self._at_most(chunks * _BENEFIT_TOKENS))
        return AskedItem(item, segment.item_name, frozenset(pieces))

    def _asked_place(self, place: Place) -> AskedPlace:
        chunks = self._depth.details
        groups = [terms_of(place.item, self._language)]
        if place.benefit is None:
            # Of a segment or the product all is read that the kinds themselves are about, which is wide.
            groups += [terms_of(child, self._language) for child in place.item.children if not child.children]
        elif place.segment is not None:
            groups.append(self._of_segment(place.segment, _SEGMENT_IN_DETAIL))
        if place.benefit is None:
            chunks *= 2
        most = self._at_most(chunks * _DETAIL_TOKENS)
        pieces = self.passages.find(merged(groups), chunks, most, amounts=place.segment is not None)
        proof = place.benefit or place.segment
        if proof is not None:
            pieces |= self.passages.around(proof.evidence, _NEIGHBOURS, most)
        return AskedPlace(place, frozenset(pieces))

    def _at_most(self, tokens: int) -> int:
        return min(tokens, max(_LEAST, int(self._whole * _SHARE)))

    def _of_segment(self, segment: Finding, share: float) -> dict[Term, float]:
        item = self._segments.get(segment.item_name)
        terms = {} if item is None else terms_of(item, self._language)
        return {term: weight * share for term, weight in terms.items()}

    def _cut(self, questions: Sequence[_Q]) -> list[list[_Q]]:
        """Return the questions as requests of no more passages than a model should read at once."""
        if not questions:
            return []
        tokens = self.passages.tokens(number for each in questions for number in each.pieces)
        if len(questions) == 1 or tokens <= MOST_TOKENS:
            return [list(questions)]
        half = len(questions) // 2
        return [*self._cut(questions[:half]), *self._cut(questions[half:])]


class ModelAnalysis:
    """See Analysis."""

    def __init__(self, requests: Requests, make_client: Callable[[], ModelClient]) -> None:
        self._requests = requests
        self._make_client = make_client
        self._client: ModelClient | None = None

    def find_segments(self, items: Sequence[Item]) -> list[Finding]:
        """See Analysis."""
        answers = self._ask(self._requests.presence, self._requests.segments(items))
        return [finding for finding in answers if finding is not None]

    def find_benefits(self, questions: Sequence[Question]) -> list[list[Finding]]:
        """See Analysis."""
        answers = iter(self._ask(self._requests.presence, self._requests.benefits(questions)))
        return [
            [finding for _ in question.items if (finding := next(answers)) is not None]
            for question in questions
        ]

    def find_details(self, places: Sequence[Place]) -> list[Details]:
        """See Analysis; a place of which the taxonomy wants no details has none."""
        wanted = [place for place in places if has_kinds(place)]
        answers = iter(self._ask(self._requests.details, self._requests.places(wanted)))
        return [next(answers) if has_kinds(place) else Details() for place in places]

    def take_counts(self) -> Mapping[str, int]:
        """See Analysis."""
        return {} if self._client is None else self._client.take_counts()

    def _ask(self, form: Form[_Q, Any], batches: Sequence[Sequence[_Q]]) -> list[Any]:
        if not batches:
            return []
        if self._client is None:
            self._client = self._make_client()
        return [answer for answers in self._client.ask_all(form, batches) for answer in answers]
