"""Every file that is no document we can read is refused with its own code and what to do about it."""

from __future__ import annotations

import io
import zipfile

import pytest

from functions.analyze.extract import ExtractionLimits, open_source
from tests.support.builders.docx_files import write_docx
from tests.support.builders.pdfs import Sheet, write_encrypted, write_pdf
from tests.support.extraction import PROSE, extract, refusal

PDF = write_pdf(*(Sheet().lines(50, 100, *PROSE) for _ in range(3)))


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "policy.pdf", "file-empty"),
        (b" \r\n\0\0", "policy.pdf", "file-empty"),
        (b"\xef\xbb\xbf \n", "policy.txt", "no-text"),
        (PDF[: len(PDF) // 2], "policy.pdf", "pdf-truncated"),
        (PDF[:-40], "policy.pdf", "pdf-truncated"),
        (b"%PDF-1.7\nnothing of a file\n%%EOF\n", "policy.pdf", "pdf-damaged"),
        (write_encrypted(), "policy.pdf", "pdf-encrypted"),
        (write_pdf(), "policy.pdf", "pdf-no-pages"),
        (b"An invoice, not a policy", "policy.pdf", "not-a-pdf"),
        (b"An invoice, not a policy", "policy.docx", "docx-damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "scan.png", "image-damaged"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "policy.pdf", "image-damaged"),
        (b"II*\0" + bytes(50), "policy.tif", "image-damaged"),
        (b"RIFF\0\0\0\0WEBPVP8 " + bytes(50), "scan.webp", "unsupported-type"),
        (b"GIF89a" + bytes(50), "scan.gif", "unsupported-type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(50), "policy.doc", "unsupported-type"),
        (b"MZ\x90\0\x03\0" + bytes(range(256)), "policy.txt", "unsupported-type"),
        (archive(**{"photo.jpg": b"x"}), "policy.docx", "unsupported-type"),
        (archive(word__other=b"x"), "policy.docx", "docx-damaged"),
        (archive(**{"word__document.xml": b"<w:p>"}), "policy.docx", "docx-damaged"),
        (write_docx(["Text"])[:-60], "policy.docx", "docx-damaged"),
        (b"<html><body><script>1</script></body></html>", "policy.html", "no-text"),
    ],
)
def test_refusals(data: bytes, name: str, code: str) -> None:
    error = refusal(data, name)
    assert error.code == code
    assert error.detail.endswith(".")


def test_a_part_that_memory_could_not_hold() -> None:
    data = write_docx(["Text"])
    assert refusal(data, "policy.docx", ExtractionLimits(max_part_bytes=1000)).code == "archive-too-large"
    assert extract(data, "policy.docx").pages[0].text == "Text"


def test_too_many_pages() -> None:
    assert refusal(PDF, limits=ExtractionLimits(max_pages=2)).code == "too-many-pages"
    assert refusal(b"a\fb\fc", "policy.txt", ExtractionLimits(max_pages=2)).code == "too-many-pages"


def test_a_word_document_that_unpacks_to_too_much() -> None:
    bomb = archive(**{"word__document.xml": bytes(30_000_000)})
    assert refusal(bomb, "policy.docx").code == "archive-too-large"
    assert (
        refusal(write_docx(["Text"]), "policy.docx", ExtractionLimits(max_archive_entries=1)).code
        == "archive-too-large"
    )
    assert (
        refusal(write_docx(["Text"]), "policy.docx", ExtractionLimits(max_unpacked_bytes=10)).code
        == "archive-too-large"
    )


def test_an_archive_that_lies_about_a_size_is_damaged() -> None:
    data = bytearray(write_docx(["Text " * 500]))
    place = data.rindex(b"PK\x01\x02", 0, data.rindex(b"word/document.xml"))
    data[place + 24 : place + 28] = (10).to_bytes(4, "little")
    assert refusal(bytes(data), "policy.docx").code == "docx-damaged"


def test_an_encrypted_word_document() -> None:
    data = bytearray(write_docx(["Text"]))
    place = data.rindex(b"PK\x01\x02")
    data[place + 8] |= 1
    assert refusal(bytes(data), "policy.docx").code == "docx-encrypted"


def test_xml_entities_of_a_word_document_are_not_followed() -> None:
    xml = (
        '<!DOCTYPE d [<!ENTITY leak SYSTEM "file:///etc/hostname">]>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        "<w:body><w:p><w:r><w:t>&leak;</w:t></w:r></w:p></w:body></w:document>"
    )
    assert refusal(archive(**{"word__document.xml": xml.encode()}), "policy.docx").code == "docx-damaged"


@pytest.mark.parametrize("name", ["../../etc/passwd.pdf", "x" * 300 + ".pdf", "🏖.pdf", "policy.txt", ""])
def test_the_content_decides_not_the_name(name: str) -> None:
    source = open_source(PDF, name, "text/plain")
    assert source.media_type == "application/pdf"
    assert source.page_count == 3
    source.close()


def test_a_pdf_may_begin_after_some_bytes() -> None:
    assert extract(b"\r\n\r\n" + PDF).pages[0].text
