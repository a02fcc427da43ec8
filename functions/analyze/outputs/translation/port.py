"""The port of the translators: paragraphs in, paragraphs out, in the same order and number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from shared.errors import PermanentError
from shared.jobs.workflow import Run


class Register(StrEnum):
    """How a translation reads.

    ``faithful`` keeps names, measures, numbers and clause numbers as they are; ``plain`` says the same in
    plain language, with bullets, and explains terms.
    """

    FAITHFUL = "faithful"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a translation is to be: languages are ISO 639-1 codes."""

    source: str
    target: str
    register: Register = Register.FAITHFUL


@dataclass(frozen=True, slots=True)
class TranslatedPage:
    """A page in two languages; ``remarks`` say what differs, such as numbers that did not survive."""

    page: int
    original: str
    translated: str
    remarks: tuple[str, ...] = ()


class Translator(Protocol):
    """One provider. ``remote`` says that texts leave the account's own machines."""

    name: str
    remote: bool

    def offers(self, wish: Wish) -> bool:
        """Say whether this provider can do it, without asking anybody outside."""
        ...

    def translate(self, paragraphs: Sequence[str], wish: Wish, run: Run) -> list[str]:
        """Return each paragraph in the target language, for the job of ``run``.

        Raises TransientError or PermanentError.
        """
        ...

    def usage(self, run: Run) -> Mapping[str, Any]:
        """Return what the job has used of a model (``model``, ``tokens``, ``cost_usd``), if any."""
        ...


def choose(translators: Sequence[Translator], wish: Wish) -> Translator:
    """Return the first of the configured translators that offers the wish.

    Raises PermanentError (``translation-not-configured`` | ``translation-not-offered``).
    """
    if not translators:
        raise PermanentError(
            "translation-not-configured",
            "A translation is asked for, but no translator is configured here (TRANSLATORS).",
        )
    for translator in translators:
        if translator.offers(wish):
            return translator
    names = ", ".join(translator.name for translator in translators)
    raise PermanentError(
        "translation-not-offered",
        f"No configured translator ({names}) offers {wish.source} to {wish.target} in the register "
        f"{wish.register.value!r}. Ask for another language or register, or configure another translator.",
    )
