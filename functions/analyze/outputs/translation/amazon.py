"""Translation by Amazon Translate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from functions.analyze.engines.rules.text import sentences
from functions.analyze.outputs.translation.port import Register, Wish
from shared.aws.clients import client, translated
from shared.jobs.workflow import Run

_SERVICE = "Translate"
# Bytes of UTF-8 that one call of TranslateText takes.
MAX_BYTES = 10_000
# What TranslateText offers in any direction, of the languages that jobs may name.
LANGUAGES = frozenset({
    "ar", "bn", "bs", "ca", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fr", "he", "hi", "hr", "hu",
    "id", "is", "it", "ja", "ko", "mk", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "ta",
    "th", "tr", "uk", "ur", "vi", "zh",
})  # fmt: skip


class AmazonTranslate:
    """See Translator. Texts stay in the account's region; the service keeps none with the opt-out policy."""

    name = "amazon"
    remote = True

    def __init__(self, endpoint_url: str = "") -> None:
        self._endpoint_url = endpoint_url

    @property
    def _translate(self) -> Any:
        return client("translate", self._endpoint_url)

    def offers(self, wish: Wish) -> bool:
        """Say whether both languages are the service's; only the faithful register is offered."""
        pair = {wish.source, wish.target}
        return wish.register is Register.FAITHFUL and pair <= LANGUAGES and len(pair) == len("ab")

    def translate(self, paragraphs: Sequence[str], wish: Wish, run: Run) -> list[str]:
        """Translate paragraph by paragraph, a long one in parts."""
        return [
            " ".join(self._call(part, wish) for part in parts(paragraph)) if paragraph.strip() else ""
            for paragraph in paragraphs
        ]

    def usage(self, run: Run) -> Mapping[str, Any]:
        """See Translator: no model is asked."""
        return {}

    def _call(self, text: str, wish: Wish) -> str:
        with translated(_SERVICE):
            answer = self._translate.translate_text(
                Text=text, SourceLanguageCode=wish.source, TargetLanguageCode=wish.target
            )
        return str(answer["TranslatedText"])


def parts(text: str) -> Iterator[str]:
    """Yield a text in parts that one call takes, cut between sentences, else between words."""
    if len(text.encode()) <= MAX_BYTES:
        yield text
        return
    pieces = [text[start:end] for start, end in sentences(text, 0, len(text))]
    if len(pieces) == 1:
        pieces = text.split()
    part = ""
    for piece in pieces:
        longer = f"{part} {piece}" if part else piece
        if part and len(longer.encode()) > MAX_BYTES:
            yield from parts(part)
            part = piece
        else:
            part = longer
    if len(part.encode()) <= MAX_BYTES or " " not in part:
        yield part
    else:
        yield from parts(part)
