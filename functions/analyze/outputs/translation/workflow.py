"""The output ``translation``: the document page by page in another language, one page a unit.

The provider is asked for once a page. What did not survive is named with the page, never hidden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from functions.analyze.document.json_file import dump
from functions.analyze.document.model import Page
from functions.analyze.outputs.analysis import AnalysisView
from functions.analyze.outputs.translation.checks import remarks
from functions.analyze.outputs.translation.port import Register, TranslatedPage, Translator, Wish, choose
from shared.jobs.model import PAGES, Phase
from shared.jobs.workflow import Run, Stage

TRANSLATE = "translate"
FILE = "translation.json"
PHASE = Phase("translation_started", "translation_completed", counts=PAGES)


class Translation:
    """See Workflow. Raises PermanentError where no translator offers what the parameters ask for."""

    revision = 1

    def __init__(self, run: Run, view: AnalysisView, translators: Sequence[Translator]) -> None:
        self._run = run
        self._view = view
        self._translators = translators

    @property
    def stages(self) -> Sequence[Stage]:
        """Return the one stage."""
        return (Stage(TRANSLATE, 60, lambda: len(self._view.document().pages), self._translate, phase=PHASE),)

    def finish(self) -> Mapping[str, Any]:
        """Publish all pages; return which provider did it, and how many pages differ from the original."""
        pages: list[dict[str, Any]] = self._run.outputs(TRANSLATE)
        wish = self.wish
        body = {
            "source": wish.source,
            "target": wish.target,
            "register": wish.register.value,
            "provider": self._translator.name,
            "sent_to": self._sent_to,
            "pages": pages,
        }
        self._run.put_artifact(FILE, dump(body), "application/json")
        usage = self._translator.usage(self._run)
        return {
            **{name: value for name, value in body.items() if name not in {"pages", "sent_to"}},
            "pages": len(pages),
            "marked_pages": [page["page"] for page in pages if page["remarks"]],
            **({"usage": dict(usage)} if usage else {}),
        }

    def undo(self) -> None:
        """Do nothing: all that was made are files of the job."""

    @property
    def wish(self) -> Wish:
        """Return what is to be translated into what."""
        register = Register(self._run.params.get("translate_register") or Register.FAITHFUL)
        return Wish(self._view.document().language, str(self._run.params["translate_to"]), register)

    @property
    def provider(self) -> str:
        """Return the name of the translator that is asked."""
        return self._translator.name

    def sentences(self, texts: Sequence[str]) -> list[str]:
        """Translate other texts of the document, for a summary."""
        return self._translator.translate(texts, self.wish, self._run)

    @cached_property
    def _translator(self) -> Translator:
        return choose(self._translators, self.wish)

    def _translate(self, index: int) -> dict[str, Any]:
        page = self._view.document().pages[index]
        paragraphs = paragraphs_of(page)
        translated = self._translator.translate(paragraphs, self.wish, self._run) if paragraphs else []
        original, text = "\n".join(paragraphs), "\n".join(translated)
        return {
            "page": page.number,
            "original": original,
            "translated": text,
            "remarks": remarks(original, text, self.wish.register),
            "sent_to": self._sent_to,
        }

    @property
    def _sent_to(self) -> str:
        """Return the service that the pages are sent to; empty where they stay on our own machines."""
        return self._translator.name if self._translator.remote else ""


def paragraphs_of(page: Page) -> list[str]:
    """Return the paragraphs of a page in reading order, each in one line; table cells are kept apart."""
    spans = [(block.start, block.end) for block in page.blocks] or [(0, len(page.text))]
    texts = (page.text[start:end].replace("\t", " | ") for start, end in spans)
    return [" ".join(text.split()) for text in texts if text.strip()]


def translated_pages(body: Mapping[str, Any] | None) -> list[TranslatedPage]:
    """Return the pages of a published translation, none where there is no such file."""
    pages = [] if body is None else body["pages"]
    return [
        TranslatedPage(page["page"], page["original"], page["translated"], tuple(page["remarks"]))
        for page in pages
    ]
