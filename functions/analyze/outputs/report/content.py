"""What a report says, apart from how it looks: findings with their words, amounts and proofs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from functions.analyze.document.model import Document
from functions.analyze.outputs.report.words import Words, readable, words
from functions.analyze.outputs.summary.port import Sentence
from functions.analyze.outputs.translation.port import TranslatedPage
from shared.findings.model import Details, Evidence, Finding, ResultTree

KINDS = ("limits", "conditions", "exclusions")


@dataclass(frozen=True, slots=True)
class About:
    """Where a report comes from: the file, the analysis, and when that ended.

    ``services`` names the models and services that parts of the document were sent to.
    """

    file_name: str
    job_id: str
    engine: str
    taxonomy: str
    created_at: datetime
    services: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EvidenceText:
    """The passage behind an entry: its page (from 1), the printed page number, and the words."""

    page: int
    page_label: str
    section: str
    quote: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding as people read it. ``kind`` is its singular word's name (``limit``, ``benefit``, ...)."""

    kind: str
    label: str
    amount: str
    scope: str
    confidence: float
    proof: EvidenceText
    finding: Finding


@dataclass(frozen=True, slots=True)
class Group:
    """A segment or a benefit with what holds for it; the product's group has no entry of its own."""

    entry: Entry | None
    limits: tuple[Entry, ...] = ()
    conditions: tuple[Entry, ...] = ()
    exclusions: tuple[Entry, ...] = ()
    benefits: tuple[Group, ...] = ()

    @property
    def empty(self) -> bool:
        """Say whether nothing hangs below."""
        return not (self.limits or self.conditions or self.exclusions or self.benefits)


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report says. Texts of the document are data: no format may read them as markup."""

    about: About
    words: Words
    document_language: str
    page_count: int
    segments: tuple[Group, ...]
    product: Group
    summary: tuple[Sentence, ...] = ()
    summary_language: str = ""
    translation: tuple[TranslatedPage, ...] = ()
    translation_language: str = ""

    def groups(self) -> Iterator[tuple[Group | None, Group | None, Group]]:
        """Yield (segment, benefit, group) for each level: the product's, segments', and benefits'."""
        yield None, None, self.product
        for segment in self.segments:
            yield segment, None, segment
            for benefit in segment.benefits:
                yield segment, benefit, benefit

    def texts(self) -> Iterator[str]:
        """Yield the texts that come from the document, or were made of it."""
        for _, _, group in self.groups():
            own = () if group.entry is None else (group.entry,)
            for entry in (*own, *group.limits, *group.conditions, *group.exclusions):
                yield from (entry.label, entry.proof.quote, entry.proof.section)
        yield from (sentence.text for sentence in self.summary)
        for page in self.translation:
            yield from (page.original, page.translated)

    def count(self, kind: str) -> int:
        """Return how many limits, conditions or exclusions there are, at every level."""
        return sum(len(getattr(group, kind)) for _, _, group in self.groups())


def amount_text(entry: Entry) -> str:
    """Return an entry's amount with its scope (``CHF 200 (per event)``), empty where it has neither."""
    scope = f"({entry.scope})" if entry.scope else ""
    return " ".join(part for part in (entry.amount, scope) if part)


def limits_text(group: Group) -> str:
    """Return what a segment or benefit grants, in one line for each limit's name."""
    own = [] if group.entry is None else [amount_text(group.entry)]
    named = [f"{name}: {amounts}" if amounts else name for name, amounts in titles(group.limits)]
    return "\n".join(text for text in (*own, *named) if text)


def titles(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """Return each label once with all its amounts, in the order of the entries."""
    amounts: dict[str, list[str]] = {}
    for entry in entries:
        known = amounts.setdefault(entry.label, [])
        if (text := amount_text(entry)) and text not in known:
            known.append(text)
    return [(label, " · ".join(texts)) for label, texts in amounts.items()]


def by_proof(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Put entries together that the same passage proves, in the order in which it first appears."""
    groups: dict[tuple[int, int, int], list[Entry]] = {}
    for entry in entries:
        place = entry.proof.evidence
        groups.setdefault((place.page, place.start, place.end), []).append(entry)
    return list(groups.values())


@dataclass(frozen=True, slots=True)
class _Writer:
    """Makes entries in one language; ``labels`` are the taxonomy's words by item id."""

    words: Words
    labels: Mapping[str, str]
    page_labels: Mapping[int, str] = field(default_factory=dict)

    def group(self, finding: Finding, kind: str) -> Group:
        details = Details(finding.limits, finding.conditions, finding.exclusions)
        benefits = tuple(self.group(benefit, "benefit") for benefit in finding.benefits)
        return replace(self.details(details, self.entry(finding, kind)), benefits=benefits)

    def details(self, details: Details, entry: Entry | None = None) -> Group:
        return Group(
            entry,
            limits=self.entries(details.limits, "limit"),
            conditions=self.entries(details.conditions, "condition"),
            exclusions=self.entries(details.exclusions, "exclusion"),
        )

    def entries(self, findings: Sequence[Finding], kind: str) -> tuple[Entry, ...]:
        return tuple(self.entry(finding, kind) for finding in findings)

    def entry(self, finding: Finding, kind: str) -> Entry:
        evidence = finding.evidence[0]
        proof = EvidenceText(
            evidence.page,
            self.page_labels.get(evidence.page, ""),
            finding.section_reference,
            " ".join(evidence.quote.split()),
            evidence,
        )
        label = self.labels.get(finding.item_id) or readable(finding.item_name)
        scope = self.words.scope(finding.scope)
        return Entry(kind, label, self.words.amount(finding), scope, finding.confidence, proof, finding)


def make_report(
    tree: ResultTree,
    document: Document,
    about: About,
    labels: Mapping[str, str],
    language: str,
    *,
    summary: Sequence[Sentence] = (),
    summary_language: str = "",
    translation: Sequence[TranslatedPage] = (),
    translation_language: str = "",
) -> Report:
    """Return the report of a result in the reader's ``language``; ``labels`` have the taxonomy's words."""
    chosen = words(language)
    page_labels = {page.number: page.label for page in document.pages if page.label != str(page.number)}
    writer = _Writer(chosen, labels, page_labels)
    return Report(
        about=about,
        words=chosen,
        document_language=document.language,
        page_count=len(document.pages),
        segments=tuple(writer.group(segment, "segment") for segment in tree.segments),
        product=writer.details(tree.product),
        summary=tuple(summary),
        summary_language=summary_language or document.language,
        translation=tuple(translation),
        translation_language=translation_language,
    )
