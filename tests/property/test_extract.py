"""No bytes crash the extraction: a file is read, or refused with a PermanentError."""

from __future__ import annotations

import contextlib

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.analyze.document.model import Document
from functions.analyze.extract import ExtractionLimits, open_source
from shared.errors import PermanentError
from tests.support.extraction import _TABLE, SMALL_FILES, check

for _row in range(3):
    _TABLE.text(55, 113 + 20 * _row, "Deckung").text(400, 113 + 20 * _row, "CHF 500")
_LIMITS = ExtractionLimits(max_pages=50, max_unpacked_bytes=10_000_000)


def read(data: bytes, name: str) -> Document | None:
    """Return the document, None for a file that was refused; anything but a PermanentError gets through."""
    with contextlib.suppress(PermanentError):
        source = open_source(data, name, None, _LIMITS)
        with contextlib.closing(source):
            return source.assemble(source.pages(1, source.page_count))
    return None


_EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.binary(max_size=8), st.integers(0, 40)), min_size=1, max_size=6
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(SMALL_FILES)), _EDITS)
def test_damaged_samples(name: str, edits: list[tuple[float, bytes, int]]) -> None:
    data = SMALL_FILES[name]
    for place, inserted, removed in edits:
        at = int(place * len(data))
        data = data[:at] + inserted + data[at + removed :]
    check(read(data, name))


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"%PDF-1.4\n", b"PK\x03\x04", b"<html>", b"\xff\xfe"]))
def test_any_bytes(data: bytes, start: bytes) -> None:
    check(read(start + data, "policy.md"))


def test_the_samples_are_read() -> None:
    assert all(read(data, name) for name, data in SMALL_FILES.items())
