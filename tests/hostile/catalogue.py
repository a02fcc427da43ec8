"""All hostile files by name: the name each is sent under, and what makes it."""

from __future__ import annotations

from collections.abc import Callable

from tests.hostile import pdfs, texts

FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    **{name: ("policy.pdf", made) for name, made in pdfs.FILES.items()},
    **texts.FILES,
}
