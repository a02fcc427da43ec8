"""Translation by Apertium: a program of its own (GPL), run as a process, offline.

Rule-based; the source of the method is Forcada et al., "Apertium: a free/open-source platform for rule-based
machine translation" (Machine Translation 25, 2011). Which pairs there are depends on what is installed.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from functions.analyze.outputs.translation.port import Register, Wish
from shared.errors import PermanentError, TransientError
from shared.jobs.workflow import Run

# ISO 639-1 to the codes that Apertium names its modes by; some modes have the two-letter codes still.
_CODES: Mapping[str, str] = {
    "ca": "cat", "de": "deu", "en": "eng", "eo": "epo", "es": "spa", "fr": "fra", "gl": "glg", "it": "ita",
    "pt": "por", "oc": "oci", "ro": "ron", "sr": "hbs", "hr": "hbs", "bs": "hbs", "mk": "mkd", "is": "isl",
}  # fmt: skip
_SECONDS = 120
# Paragraphs go through one process; a line of its own between them, which no dictionary knows.
_MARK = "\n\n\u2021{number}\u2021\n\n"


class Apertium:
    """See Translator. ``program`` is the command's name or path; without it no pair is offered."""

    name = "apertium"
    remote = False

    def __init__(self, program: str = "apertium") -> None:
        self._program = program

    def offers(self, wish: Wish) -> bool:
        """Say whether a mode for the pair is installed; only the faithful register is offered."""
        return wish.register is Register.FAITHFUL and bool(self._mode(wish))

    def translate(self, paragraphs: Sequence[str], wish: Wish, run: Run) -> list[str]:
        """Translate by one run of the program; raises PermanentError where the pair is not installed."""
        mode = self._mode(wish)
        if not mode:
            raise PermanentError(
                "translation-not-offered", f"Apertium has no pair {wish.source}-{wish.target} installed here."
            )
        texts = [" ".join(paragraph.split()) for paragraph in paragraphs]
        marks = [_MARK.format(number=number) for number in range(len(texts))]
        whole = "".join(text + mark for text, mark in zip(texts, marks, strict=True))
        # -u: without the mark (*) on words that no dictionary knows.
        return _split(self._execute(["-u", mode], whole), len(texts))

    def usage(self, run: Run) -> Mapping[str, Any]:
        """See Translator: no model is asked."""
        return {}

    @cached_property
    def _modes(self) -> frozenset[str]:
        if shutil.which(self._program) is None:
            return frozenset()
        return frozenset(self._execute(["-l"], "").split())

    def _mode(self, wish: Wish) -> str:
        """Return the installed mode of a pair, in either form of the codes; empty for none."""
        forms = [{code, _CODES.get(code, code)} for code in (wish.source, wish.target)]
        modes = (f"{source}-{target}" for source in sorted(forms[0]) for target in sorted(forms[1]))
        return next((mode for mode in modes if mode in self._modes), "")

    def _execute(self, arguments: Sequence[str], text: str) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program, and a mode out of its own list
                [self._program, *arguments],
                input=text.encode(),
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise TransientError("translator-failed", f"Apertium: {type(error).__name__}.") from error
        if done.returncode:
            raise TransientError("translator-failed", f"Apertium ended with code {done.returncode}.")
        return done.stdout.decode(errors="replace")


def _split(text: str, count: int) -> list[str]:
    """Cut at the marks; raises TransientError where one of them is gone."""
    parts = []
    for number in range(count):
        part, mark, text = text.partition(f"\u2021{number}\u2021")
        if not mark:
            raise TransientError("translator-failed", "Apertium lost the end of a paragraph.")
        parts.append(part.strip())
    return parts
