"""The output ``summary``: what the document says, as a whole and section by section, with page numbers.

Sentences are the document's own, or a summariser's for the whole. Where the job translates, the summary is in
that language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from functions.analyze.document.json_file import dump
from functions.analyze.outputs.analysis import AnalysisView
from functions.analyze.outputs.summary.extractive import Candidate, candidates, choose
from functions.analyze.outputs.summary.port import Summariser
from functions.analyze.outputs.translation.workflow import Translation
from shared.jobs.model import Phase
from shared.jobs.workflow import Run, Stage

SUMMARISE = "summarise"
FILE = "summary.json"
DEFAULT_SENTENCES = 8
# Central sentences that a summariser is shown: some pages of text, whatever the document's length.
SHOWN = 80
# Of a section this share of the whole's length, and never less than one sentence.
_SECTION_SHARE = 4


class Summary:
    """See Workflow; ``translation`` is that of the same job, None where it translates nothing."""

    revision = 1

    def __init__(
        self,
        run: Run,
        view: AnalysisView,
        translation: Translation | None,
        summariser: Summariser | None = None,
    ) -> None:
        self._run = run
        self._view = view
        self._translation = translation
        self._summariser = summariser

    @property
    def stages(self) -> Sequence[Stage]:
        """Return the one stage."""
        return (Stage(SUMMARISE, 5, lambda: 1, self._summarise, phase=Phase("summarising")),)

    def finish(self) -> Mapping[str, Any]:
        """Publish the summary; return its whole as one text."""
        body: dict[str, Any] = self._run.outputs(SUMMARISE)[0]
        self._run.put_artifact(FILE, dump(body), "application/json")
        text = " ".join(sentence["text"] for sentence in body["sentences"])
        about = {"language": body["language"], "sections": len(body["sections"]), "text": text}
        if self._summariser is None:
            return {**about, "provider": "extractive"}
        return {**about, "provider": self._summariser.name, "usage": dict(self._summariser.usage(self._run))}

    def undo(self) -> None:
        """Do nothing: all that was made are files of the job."""

    def _summarise(self, _index: int) -> dict[str, Any]:
        count = int(self._run.params.get("summary_sentences") or DEFAULT_SENTENCES)
        running_text = candidates(self._view.document())
        language = self._view.document().language
        if self._translation is not None:
            language = self._translation.wish.target
        written = self._written(running_text, count, language)
        whole = [] if written else choose(running_text, count)
        sections = [
            (title, choose(list(below), max(1, count // _SECTION_SHARE)))
            for title, below in groupby(running_text, key=_part)
            if title
        ]
        texts = iter(
            self._in_reader_language(
                [sentence for part in (whole, *(s for _, s in sections)) for sentence in part]
            )
        )
        return {
            "language": language,
            "sent_to": "" if self._summariser is None else self._summariser.name,
            "sentences": written or _sentences(whole, texts),
            "sections": [
                {"heading": title, "sentences": _sentences(sentences, texts)} for title, sentences in sections
            ],
        }

    def _written(self, running_text: Sequence[Candidate], count: int, language: str) -> list[dict[str, Any]]:
        """Return the sentences of the summariser, where there is one and anything to be said."""
        if self._summariser is None or not running_text:
            return []
        shown = choose(running_text, SHOWN)
        sentences = self._summariser.summarise(shown, count, language, self._run)
        return [{"text": sentence.text, "pages": list(sentence.pages)} for sentence in sentences]

    def _in_reader_language(self, sentences: Sequence[Candidate]) -> list[str]:
        """Return the sentences in the language of the reader."""
        texts = [sentence.text for sentence in sentences]
        return texts if self._translation is None or not texts else self._translation.sentences(texts)


def _part(candidate: Candidate) -> str:
    """Return the part of the document that a sentence stands in: the highest heading above it."""
    return candidate.section[0] if candidate.section else ""


def _sentences(chosen: Iterable[Candidate], translated: Iterable[str]) -> list[dict[str, Any]]:
    """Return the sentences with the texts that stand next in ``translated``."""
    texts = iter(translated)
    return [{"text": next(texts), "pages": [sentence.page]} for sentence in chosen]
