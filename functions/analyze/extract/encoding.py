"""Finds the encoding of a text: by its byte order mark, what it declares, and what makes sense."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_SINGLE_BYTE = re.compile(r"(?:iso8859-|cp12|mac|koi8)")
_HEAD = 4096
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_SEQUENCE = re.compile(rb"[\xc3-\xf4][\x80-\xbf]+")
# Between letters: in Mac OS Roman umlauts and accents of German and French, in Windows-1252 quotation marks
# and signs that stand at a word's edge.
_MAC = re.compile(rb"(?<=[A-Za-z])[\x80\x85\x86\x87-\x8f\x90\x91\x93-\x96\x99-\x9f](?=[a-z])")
_WINDOWS = re.compile(rb"(?<=[A-Za-z])[\xc0-\xff]|[\xc0-\xff](?=[a-z])")


def decode(data: bytes, *, declared: bool = False) -> str:
    """Return the text of ``data``; what cannot be decoded becomes U+FFFD.

    UTF-8, UTF-16 and UTF-32 by their mark, UTF-16 by its zeros; else UTF-8; else what the text declares as
    its ``charset`` (``declared``: HTML); else UTF-8 with a damaged character or two; else Windows-1252, of
    which Latin-1 is a part, unless its letters make sense in Mac OS Roman only.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name, "replace")
    if wide := utf16_without_mark(data):
        return data.decode(wide, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    return data.decode((_declaration(data) if declared else "") or _guess(data), "replace")


def utf16_without_mark(data: bytes) -> str:
    """Return which UTF-16 a text without a mark is in, empty for none: every other byte of it is zero."""
    head = data[: _HEAD - _HEAD % 2]
    pairs = len(head) // 2
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if pairs and odd > 0.7 * pairs and not even:
        return "utf-16-le"
    return "utf-16-be" if pairs and even > 0.7 * pairs and not odd else ""


def _declaration(data: bytes) -> str:
    """Return the encoding that an HTML text declares, empty for none that is known."""
    match = _DECLARED.search(data[:_HEAD])
    if match is None:
        return ""
    try:
        name = codecs.lookup(match.group(1).decode("ascii")).name
    except LookupError:
        return ""
    if not _SINGLE_BYTE.match(name):  # what is no UTF-8 is none, whatever it declares
        return ""
    return "cp1252" if name == "iso8859-1" else name  # as browsers do


def _guess(data: bytes) -> str:
    high = len(_BEYOND_ASCII.findall(data))
    within = sum(map(len, _SEQUENCE.findall(data)))
    if within > 0.8 * high:
        return "utf-8"
    return "mac_roman" if len(_MAC.findall(data)) > len(_WINDOWS.findall(data)) else "cp1252"
