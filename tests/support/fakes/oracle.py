"""A model that knows a result beforehand, and tells of it what the passages that it is shown prove.

It answers in process: for measuring what a document takes, and how much of a result the passages hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from functions.analyze.document.chunking import count_tokens
from functions.analyze.engines.llm.port import Finish, Message, Reply, Schema, Usage
from shared.findings.model import Finding, ResultTree
from tests.support.fakes.model_brain import render

_ITEM = re.compile(r"^(i\d+) (\S+?)(?: in segment (\S+?))?: ", re.MULTILINE)
_KIND = re.compile(r"^(k\d+) (?:limit|condition|exclusion) (\S+?): ", re.MULTILINE)
_PLACE = re.compile(
    r"^(d\d+) (?:(product) |segment (?:(\S+) benefit )?)(\S+?)(?: \(.*?\))?"
    r"(?:, granted in p\d+)?; kinds: (.*)$",
    re.MULTILINE,
)
# What the model is told to keep to.
MAX_QUOTE = 200
_PASSAGE = re.compile(r"^\[(p\d+)\]\n(.*?)(?=\n\n(?:\[p\d+\]|# )|\Z)", re.MULTILINE | re.DOTALL)


@dataclass
class Oracle:
    """See Provider; ``told`` counts the findings that it proved, ``unseen`` has those that it could not."""

    tree: ResultTree
    name: str = "oracle"
    model: str = "oracle-1"
    told: int = 0
    unseen: list[str] = field(default_factory=list)

    @property
    def parameters(self) -> Mapping[str, Any]:
        return {}

    def complete(self, messages: Sequence[Message], schema: Schema) -> Reply:
        prompt = messages[-1].text
        lists, _, texts = prompt.partition("## Passages")
        passages = {key: _plain(text) for key, text in _PASSAGE.findall(texts)}
        reply = self._presence(lists, passages) if "## Items" in lists else self._details(lists, passages)
        text = render(reply)
        read = sum(count_tokens(each.text) for each in messages) + count_tokens(str(schema.body))
        return Reply(text, Finish.STOP, Usage(read, count_tokens(text), 1))

    def close(self) -> None:
        """There is nothing to close."""

    def _presence(self, lists: str, passages: Mapping[str, str]) -> dict[str, Any]:
        granted, absent = [], []
        for key, name, segment in _ITEM.findall(lists):
            finding = self._benefit(segment, name) if segment else self._segment(name)
            proof = None if finding is None else self._proof(finding, passages)
            if proof is None:
                absent.append(key)
            else:
                granted.append({"item": key, **proof})
        return {"granted": granted, "absent": absent}

    def _details(self, lists: str, passages: Mapping[str, str]) -> dict[str, Any]:
        kinds = dict(_KIND.findall(lists))
        found, done = [], []
        for key, product, segment, name, own in _PLACE.findall(lists):
            done.append(key)
            names = {kinds[kind]: kind for kind in own.split()}
            for finding in self._below(product, segment, name):
                proof = self._proof(finding, passages) if finding.item_name in names else None
                if proof is not None:
                    kind = names[finding.item_name]
                    value = {"value": finding.value, "unit": finding.unit}
                    found.append({"place": key, "kind": kind, **value, **proof})
        return {"found": found, "done": done}

    def _below(self, product: str, segment: str, name: str) -> Iterator[Finding]:
        if product:
            place: Any = self.tree.product
        else:
            place = self._benefit(segment, name) if segment else self._segment(name)
        if place is not None:
            yield from (*place.limits, *place.conditions, *place.exclusions)

    def _proof(self, finding: Finding, passages: Mapping[str, str]) -> dict[str, Any] | None:
        for proof in finding.evidence:
            # As it is told: the number has to be in the quote, all else proves with its first words.
            quote = proof.quote if finding.unit else proof.quote[:MAX_QUOTE]
            for key, text in passages.items():
                if _plain(quote) in text:
                    self.told += 1
                    return {"passage": key, "quote": quote, "confidence": finding.confidence}
        self.unseen.append(f"{finding.item_id} {finding.value or ''}".strip())
        return None

    def _segment(self, name: str) -> Finding | None:
        return next((each for each in self.tree.segments if each.item_name == name), None)

    def _benefit(self, segment: str, name: str) -> Finding | None:
        within = self._segment(segment)
        return next((each for each in within.benefits if each.item_name == name), None) if within else None


def _plain(text: str) -> str:
    return "".join(text.split())
