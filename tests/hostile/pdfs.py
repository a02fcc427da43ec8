"""Hostile PDF files: small in bytes, large in what they ask a reader to do."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from tests.support.builders.pdfs import Sheet, write_pdf

TEXT = b"BT /F1 9 Tf 50 700 Td (Die Versicherung gilt weltweit auf Reisen.) Tj ET"
_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
_MB = 1024 * 1024


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n" % (len(content), entries) + content + b"\nendstream"


def flate(content: bytes, entries: bytes = b"") -> bytes:
    return stream(zlib.compress(content, 9), b"/Filter /FlateDecode " + entries)


def zeros(size: int) -> bytes:
    """Return ``size`` spaces compressed, made without holding them."""
    packer = zlib.compressobj(9)
    parts = [packer.compress(b" " * _MB) for _ in range(size // _MB)]
    return b"".join(parts) + packer.flush()


def pdf(*objects: bytes, xref: bool = True, trailer: bytes = b"") -> bytes:
    """Return a file of ``objects``, numbered from 1; the first is the catalog."""
    data = b"%PDF-1.7\n"
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(data)
    if xref:
        data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
        data += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data += b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(objects) + 1, trailer)
    return data + b"startxref\n%d\n%%%%EOF\n" % (start if xref else 0)


def page(content: bytes, *more: bytes, resources: bytes = b"", box: bytes = b"0 0 595 842") -> bytes:
    """Return a file of one page; ``more`` are the objects from 6 on."""
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        _FONT,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] /Resources << /Font << /F1 3 0 R >> %s >> "
        b"/Contents 5 0 R >>" % (box, resources),
        content,
        *more,
    )


def many_pages() -> bytes:
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(10_000))
    leaves = [b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 1 1] >>"] * 10_000
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [%s] /Count 10000 >>" % kids, *leaves
    )


def lying_count() -> bytes:
    """Return a file that claims far more pages than it has."""
    return page(stream(TEXT)).replace(b"/Count 1 ", b"/Count 1999999999 ")


def huge_page() -> bytes:
    return page(stream(TEXT), box=b"0 0 20000 20000")


def endless_page() -> bytes:
    return page(stream(TEXT), box=b"-1e30 -1e30 1e30 1e30")


def bomb() -> bytes:
    """Return 1 MB that unpacks to a gigabyte of content."""
    return page(stream(zeros(1024 * _MB), b"/Filter /FlateDecode"))


def nested_bomb() -> bytes:
    """Return a kilobyte or so that unpacks, twice over, to as much."""
    packed = zlib.compress(zeros(1024 * _MB), 9)
    return page(stream(packed, b"/Filter [/FlateDecode /FlateDecode]"))


def bomb_of_objects() -> bytes:
    """Return a file whose page stands in an object stream that unpacks to a gigabyte."""
    inner = stream(zeros(1024 * _MB), b"/Type /ObjStm /N 1 /First 10 /Filter /FlateDecode")
    data = b"%PDF-1.7\n"
    places = [len(data)]
    data += b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    places.append(len(data))
    data += b"2 0 obj\n<< /Type /Pages /Kids [4 0 R] /Count 1 >>\nendobj\n"
    places.append(len(data))
    data += b"3 0 obj\n" + inner + b"\nendobj\n"
    start = len(data)
    rows = [(0, 0, 65535), *((1, place, 0) for place in places), (2, 3, 0), (1, start, 0)]
    table = b"".join(struct.pack(">BIH", *row) for row in rows)
    data += b"5 0 obj\n" + stream(table, b"/Type /XRef /Size 6 /W [1 4 2] /Root 1 0 R") + b"\nendobj\n"
    return data + b"startxref\n%d\n%%%%EOF\n" % start


def many_glyphs() -> bytes:
    return page(flate(b"BT /F1 1 Tf 1 0 0 1 50 700 Tm " + b"(abcd efgh ) Tj " * 180_000 + b"ET"))


def many_paths() -> bytes:
    return page(flate(TEXT + b" 50 50 m 90 50 l S" * 2_000_000))


def many_states() -> bytes:
    """Return a page that saves its state two million times and restores none."""
    return page(flate(b"q " * 2_000_000 + TEXT))


def laughs() -> bytes:
    """Return forms that each draw the next ten times, eight deep."""
    forms = [
        stream(
            b"/Fm Do " * 10,
            b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources "
            b"<< /XObject << /Fm %d 0 R >> >>" % (number + 7),
        )
        for number in range(8)
    ]
    last = stream(TEXT, b"/Type /XObject /Subtype /Form /BBox [0 0 595 842]")
    return page(stream(b"/Fm Do"), *forms, last, resources=b"/XObject << /Fm 6 0 R >>")


def form_in_itself() -> bytes:
    form = stream(
        b"/Fm Do " + TEXT,
        b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /Fm 6 0 R >> >>",
    )
    return page(stream(TEXT + b" /Fm Do"), form, resources=b"/XObject << /Fm 6 0 R >>")


def cyclic_pages() -> bytes:
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R 2 0 R] /Count 5 >>",
        b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 3 0 R] /Count 3 >>",
    )


def deep_pages() -> bytes:
    """Return a tree of pages that is a chain of 5,000."""
    chain = [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (number + 3) for number in range(5_000)]
    return pdf(b"<< /Type /Catalog /Pages 2 0 R >>", *chain, b"<< /Type /Page /MediaBox [0 0 9 9] >>")


def deep_arrays() -> bytes:
    return page(stream(b"[" * 1_000_000 + TEXT))


def deep_dictionaries() -> bytes:
    return pdf(b"<< /Type /Catalog /Pages 2 0 R /X " + b"<< /X " * 100_000 + b">> " * 100_000 + b">>")


def missing_xref() -> bytes:
    whole = page(stream(TEXT))
    return whole[: whole.index(b"xref\n")] + whole[whole.index(b"trailer") :]


def xref_loop() -> bytes:
    """Return a file whose cross-reference table names itself as the one before."""
    whole = page(stream(TEXT))
    start = whole.index(b"xref\n")
    return whole.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % start)


def hostile_object_stream() -> bytes:
    """Return a file with an object stream that extends itself and counts what it does not hold."""
    inner = flate(b"7 0 8 99999999 " + b"<< >> " * 3, b"/Type /ObjStm /N 2147483647 /First 15 /Extends 6 0 R")
    return page(stream(TEXT), inner)


def malformed_font() -> bytes:
    """Return a page in a TrueType font of noise, with a map to Unicode of noise."""
    noise = bytes((7 * number * number + number) % 256 for number in range(5_000))
    font = (
        b"<< /Type /Font /Subtype /TrueType /BaseFont /Noise /FirstChar 0 /LastChar 255 /Widths [%s] "
        b"/FontDescriptor 7 0 R /ToUnicode 9 0 R >>" % (b"-99999999 " * 256)
    )
    descriptor = (
        b"<< /Type /FontDescriptor /FontName /Noise /Flags 4 /FontBBox [9 9 -9 -9] /Ascent 99999999 "
        b"/Descent -99999999 /FontFile2 8 0 R >>"
    )
    content = TEXT + b" BT /F2 9 Tf 50 600 Td (Noise) Tj ET"
    more = (font, descriptor, stream(b"\0\1\0\0" + noise), stream(b"1 begincodespacerange <00> <" + noise))
    return page(stream(content), *more).replace(b"/Font << ", b"/Font << /F2 6 0 R ")


def greedy_cmap() -> bytes:
    """Return a font whose map to Unicode claims four thousand million characters."""
    ranges = b"1 beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange " * 50
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 7 0 R >>"
    return page(stream(TEXT + TEXT.replace(b"/F1", b"/F2")), font, stream(ranges)).replace(
        b"/Font << ", b"/Font << /F2 6 0 R "
    )


def script_and_attachment() -> bytes:
    """Return a file that runs a script when opened and carries a program."""
    extra = b"/OpenAction << /S /JavaScript /JS (app.launchURL\\('https://example.org'\\)) >> "
    specification = b"<< /Type /Filespec /F (a.exe) /EF << /F 6 0 R >> >>"
    names = b"/Names << /EmbeddedFiles << /Names [(a.exe) %s] >> >> " % specification
    file = stream(b"MZ Attached words", b"/Type /EmbeddedFile")
    return page(stream(TEXT), file).replace(b"/Type /Catalog ", b"/Type /Catalog " + extra + names)


def long_word() -> bytes:
    return page(flate(b"BT /F1 1 Tf 1 0 0 1 0 700 Tm (" + b"x" * 200_000 + b") Tj ET"))


def scattered_words() -> bytes:
    """Return a page of 40,000 words, no two on a line."""
    words = (
        b"BT /F1 1 Tf 1 0 0 1 %d %d.%02d Tm (w) Tj ET" % (n * 7 % 595, n * 11 % 842, n % 97)
        for n in range(40_000)
    )
    return page(flate(b"\n".join(words)))


def many_rules() -> bytes:
    """Return a page of words between 4,000 lines: a table of as many rows, or so it seems."""
    sheet = Sheet()
    for number in range(2_000):
        y = 20 + number * 0.4
        sheet.text(55, y, "Wort", size=1).text(300, y, "500", size=1).rule(y + 0.2, 50, 540)
    return write_pdf(sheet)


FILES: dict[str, Callable[[], bytes]] = {
    made.__name__.replace("_", "-"): made
    for made in (
        many_pages,
        lying_count,
        huge_page,
        endless_page,
        bomb,
        nested_bomb,
        bomb_of_objects,
        many_glyphs,
        many_paths,
        many_states,
        laughs,
        form_in_itself,
        cyclic_pages,
        deep_pages,
        deep_arrays,
        deep_dictionaries,
        missing_xref,
        xref_loop,
        hostile_object_stream,
        malformed_font,
        greedy_cmap,
        script_and_attachment,
        long_word,
        scattered_words,
        many_rules,
    )
}
