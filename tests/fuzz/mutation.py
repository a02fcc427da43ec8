"""Damages files: at random, but the same for the same number; below what a format packs, too."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from random import Random

from tests.hostile import pdfs, texts
from tests.support.builders.docx_files import write_docx
from tests.support.extraction import SMALL_FILES
from tests.support.paths import SAMPLES

_MOST_EDITS = 8
_LARGEST_SEED = 60_000
_STREAM = re.compile(rb"(/Filter\s*/FlateDecode)(.*?>>\s*stream\r?\n)(.*?)(\r?\nendstream)", re.DOTALL)
# What readers look for, and numbers at the edge of what they can hold.
_WORDS: dict[str, list[bytes]] = {
    "pdf": [
        *(
            b"obj",
            b"endobj",
            b"stream",
            b"endstream",
            b"xref",
            b"trailer",
            b"startxref",
            b"%%EOF",
            b"R",
            b"<<",
        ),
        *(b">>", b"[", b"]", b"(", b")", b"/Kids", b"/Count", b"/Parent", b"/Type", b"/Page", b"/Pages"),
        *(b"/Contents", b"/Length", b"/Filter", b"/FlateDecode", b"/LZWDecode", b"/MediaBox", b"/Rotate"),
        *(
            b"/Resources",
            b"/Font",
            b"/ToUnicode",
            b"/XObject",
            b"/Prev",
            b"/Root",
            b"BT",
            b"ET",
            b"Tj",
            b"TJ",
        ),
        *(
            b"Td",
            b"Tm",
            b"Tf",
            b"cm",
            b"q",
            b"Q",
            b"re",
            b"m",
            b"l",
            b"c",
            b"h",
            b"f",
            b"S",
            b"Do",
            b"BI",
            b"EI",
        ),
        *(
            b"1 0 R",
            b"2 0 R",
            b"4 0 R",
            b"0",
            b"-1",
            b"2147483648",
            b"4294967296",
            b"1e38",
            b"-1e38",
            b"1e-38",
        ),
    ],
    "xml": [
        *(b"<w:p>", b"</w:p>", b"<w:r>", b"<w:t>", b"</w:t>", b"<w:tbl>", b"</w:tbl>", b"<w:tr>", b"<w:tc>"),
        *(b"<w:pPr>", b"<w:numPr/>", b"<w:tab/>", b'<w:br w:type="page"/>', b"<w:sdt>", b"<w:del>", b"&#0;"),
        *(b"&amp;", b"<!DOCTYPE", b"<![CDATA[", b'w:val="', b"<!--", b"?>", b'<w:gridSpan w:val="-1"/>'),
        *(b"<w:footnoteReference/>", b"<w:txbxContent>", b'<w:vMerge w:val="restart"/>', b"<w:vMerge/>"),
    ],
    "text": [
        *(b"<table>", b"</table>", b"<tr>", b"<td>", b"<p>", b"<b>", b"</b>", b"<h1>", b"<li>", b"<script>"),
        *(
            b"|",
            b"|---|",
            b"# ",
            b"- ",
            b"**",
            b"[",
            b"](",
            b"```",
            b"\f",
            b"\n\n",
            b"\0",
            b"\xff\xfe",
            b"\t",
        ),
        *(b"<!--", b"-->", b"&", b"&#x110000;", b"\xed\xa0\x80", b"\xc3", b"Art. 1", b"1.1", b"\xe2\x80\xa8"),
    ],
}


@cache
def seeds() -> list[tuple[str, bytes]]:
    """Return the files to damage with their names: samples, and small hostile ones."""
    found = list(SMALL_FILES.items())
    found += [(path.name, path.read_bytes()) for path in sorted(SAMPLES.glob("small.*"))]
    found.append(("samples.pdf", _unpacked((SAMPLES / "helvora-household-en.pdf").read_bytes())))
    found.append(("table.docx", write_docx(["Text"] * 3, [("a", "b", "c"), ("1", "2", "3")])))
    small = (
        "malformed-font",
        "greedy-cmap",
        "hostile-object-stream",
        "xref-loop",
        "script-and-attachment",
    )
    found += [("policy.pdf", pdfs.FILES[name]()) for name in small]
    found += [("policy.docx", texts.FILES[name][1]()) for name in ("docx-tables-in-tables", "docx-wide-row")]
    return found


def _unpacked(data: bytes) -> bytes:
    """Return a PDF with its streams unpacked, so that damage reaches what they hold."""
    return _STREAM.sub(_unpack, data)


def _unpack(match: re.Match[bytes]) -> bytes:
    try:
        content = zlib.decompress(match.group(3))
    except zlib.error:
        return match.group()
    return b"" + match.group(2) + content + match.group(4)


def mutated(number: int) -> tuple[str, bytes]:
    """Return the name and bytes of damaged file ``number``."""
    random = Random(number)  # noqa: S311 - the same damage for the same number
    name, data = random.choice(seeds())
    if name.endswith(".docx") and random.random() < 0.8:
        return name, _damaged_parts(data, random)
    return name, _damaged(data, random, "pdf" if name.endswith(".pdf") else "text")


def _damaged_parts(data: bytes, random: Random) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        names = [name for name in old.namelist() if name.endswith(".xml")]
        hit = random.choice([name for name in names if name.startswith("word/")] or names)
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, _damaged(content, random, "xml") if name == hit else content)
    return buffer.getvalue()


def _damaged(data: bytes, random: Random, kind: str) -> bytes:
    for _ in range(random.randint(1, _MOST_EDITS)):
        data = random.choice(_EDITS)(data, random, kind)
    return data


def _flip(data: bytes, random: Random, _kind: str) -> bytes:
    at = random.randrange(max(1, len(data)))
    return data[:at] + bytes([data[at] ^ (1 << random.randrange(8))]) + data[at + 1 :] if data else data


def _cut(data: bytes, random: Random, _kind: str) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + data[at + random.choice([1, 2, 16, 200]) :]


def _insert(data: bytes, random: Random, kind: str) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + b" " * random.randint(0, 1) + random.choice(_WORDS[kind]) + data[at:]


def _repeat(data: bytes, random: Random, _kind: str) -> bytes:
    at, size = random.randrange(len(data) + 1), random.choice([8, 64, 512])
    return (data[: at + size] + data[at : at + size] * random.choice([1, 3, 50]) + data[at + size :])[
        : _LARGEST_SEED * 4
    ]


def _move(data: bytes, random: Random, _kind: str) -> bytes:
    at, to, size = (
        random.randrange(len(data) + 1),
        random.randrange(len(data) + 1),
        random.choice([4, 40, 400]),
    )
    piece = data[at : at + size]
    rest = data[:at] + data[at + size :]
    return rest[:to] + piece + rest[to:]


def _number(data: bytes, random: Random, _kind: str) -> bytes:
    places = list(re.finditer(rb"\d+", data[:_LARGEST_SEED]))
    if not places:
        return data
    match = random.choice(places)
    value = random.choice(
        [b"0", b"-1", b"1", b"65536", b"2147483647", b"99999999999", b"0.0000001", match.group() * 3]
    )
    return data[: match.start()] + value + data[match.end() :]


_EDITS: list[Callable[[bytes, Random, str], bytes]] = [
    _flip,
    _flip,
    _cut,
    _insert,
    _insert,
    _repeat,
    _move,
    _number,
    _number,
]
