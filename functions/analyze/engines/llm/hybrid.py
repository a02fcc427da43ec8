"""Rules first; the model is asked only about what they are unsure of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from functions.analyze.engines.llm.analysis import Plan, Requests
from functions.analyze.engines.llm.details import has_kinds
from functions.analyze.engines.llm.presence import AskedItem
from functions.analyze.engines.port import Analysis, Place, Question
from shared.findings.model import Details, Finding
from shared.taxonomy.model import Item


class HybridAnalysis:
    """See Analysis.

    A finding of the rules stands from the confidence ``sure`` on. An item that they do not find is absent
    where the document does not speak of it either. Everything else is for the model to decide. What that
    takes, and what asking about everything would take, is counted: requests, and the tokens that they have a
    model read.
    """

    def __init__(self, rules: Analysis, model: Analysis, requests: Requests, sure: float) -> None:
        self._rules = rules
        self._model = model
        self._requests = requests
        self._sure = sure
        self._counts: Counter[str] = Counter()

    def find_segments(self, items: Sequence[Item]) -> list[Finding]:
        """See Analysis."""
        by_rules = {finding.item_id: finding for finding in self._rules.find_segments(items)}
        doubtful = [item for item in items if self._in_doubt(item, by_rules.get(item.item_id))]
        self._count_presence(self._requests.segments(items), self._requests.segments(doubtful))
        return self._decided(items, by_rules, doubtful, self._model.find_segments(doubtful))

    def find_benefits(self, questions: Sequence[Question]) -> list[list[Finding]]:
        """See Analysis."""
        by_rules = [
            {finding.item_id: finding for finding in findings}
            for findings in self._rules.find_benefits(questions)
        ]
        doubts = [
            Question(
                question.segment,
                tuple(item for item in question.items if self._in_doubt(item, known.get(item.item_id))),
            )
            for question, known in zip(questions, by_rules, strict=True)
        ]
        self._count_presence(self._requests.benefits(questions), self._requests.benefits(doubts))
        answers = self._model.find_benefits(doubts)
        return [
            self._decided(question.items, known, doubt.items, answer)
            for question, known, doubt, answer in zip(questions, by_rules, doubts, answers, strict=True)
        ]

    def find_details(self, places: Sequence[Place]) -> list[Details]:
        """See Analysis: a place is settled where every limit is sure, or where nothing could be one."""
        answers = self._rules.find_details(places)
        doubtful = [
            number
            for number, (place, details) in enumerate(zip(places, answers, strict=True))
            if self._place_in_doubt(place, details)
        ]
        in_doubt = [places[number] for number in doubtful]
        self._count_places([place for place in places if has_kinds(place)], in_doubt)
        for number, details in zip(doubtful, self._model.find_details(in_doubt), strict=True):
            answers[number] = details
        return answers

    def take_counts(self) -> Mapping[str, int]:
        """See Analysis."""
        counts, self._counts = dict(self._counts), Counter()
        return {**counts, **self._model.take_counts()}

    def _in_doubt(self, item: Item, finding: Finding | None) -> bool:
        if finding is None:
            return self._requests.mentions(item)
        return finding.confidence < self._sure

    def _place_in_doubt(self, place: Place, details: Details) -> bool:
        if not has_kinds(place) or place.benefit is None:
            # Segments and products: what the rules found stands.
            return False
        if not details.limits:
            return self._requests.holds_amounts(place.benefit.evidence)
        return any(limit.confidence < self._sure for limit in details.limits)

    def _decided(
        self,
        items: Sequence[Item],
        by_rules: Mapping[str, Finding],
        doubtful: Sequence[Item],
        answers: Sequence[Finding],
    ) -> list[Finding]:
        """Return the rules' findings but those in doubt, of which the model's count, in the items' order."""
        in_doubt = {item.item_id for item in doubtful}
        settled = {name: finding for name, finding in by_rules.items() if name not in in_doubt}
        settled |= {finding.item_id: finding for finding in answers}
        return [settled[item.item_id] for item in items if item.item_id in settled]

    def _count_presence(
        self, whole: Sequence[Sequence[AskedItem]], planned: Sequence[Sequence[AskedItem]]
    ) -> None:
        form = self._requests.presence
        self._count(self._requests.plan(form, whole), self._requests.plan(form, planned))

    def _count_places(self, places: Sequence[Place], planned: Sequence[Place]) -> None:
        form, requests = self._requests.details, self._requests
        self._count(
            requests.plan(form, requests.places(places)), requests.plan(form, requests.places(planned))
        )

    def _count(self, whole: Plan, planned: Plan) -> None:
        self._counts.update(
            planned_calls=planned.calls,
            planned_tokens=planned.tokens,
            whole_calls=whole.calls,
            whole_tokens=whole.tokens,
        )
