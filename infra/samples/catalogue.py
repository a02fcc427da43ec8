"""Which sample files there are, how each is made, and whether a stored one is still what its source gives."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from infra.samples import formats, markup, pdf, scan
from infra.samples.scan import Scanner

SAMPLES = Path(__file__).parents[2] / "samples"
POLICIES = ("helvora-de", "helvora-fr", "helvora-en", "helvora-household-en")
SHORT = "small.md"
# The benefit table of the German policy and a page of its text: a sheet that lay askew, on a coarse scanner.
SCANNED = "helvora-de-scan.pdf"
SCANNED_PAGES = (3, 5)
SCANNER = Scanner(dpi=150, noise=5.0, skew=0.8, quality=40)


def render_all(folder: Path = SAMPLES) -> dict[str, bytes]:
    """Return the content of every rendered file by its name, from the sources in ``folder``."""
    files = {f"{name}.pdf": pdf.render(folder / "src" / f"{name}.typ") for name in POLICIES}
    files[SCANNED] = SCANNER.pdf(files["helvora-de.pdf"], SCANNED_PAGES)
    blocks = markup.parse((folder / SHORT).read_text(encoding="utf-8"))
    files["small.html"] = formats.to_html(blocks).encode()
    files["small.txt"] = formats.to_text(blocks).encode()
    files["small.docx"] = formats.to_docx(blocks)
    return files


def same(name: str, stored: bytes, rendered: bytes) -> bool:
    """Tell whether two renderings say the same.

    PDFs are compared by the text of their pages, a scan by its look, and DOCX by their members: their bytes
    depend on the versions of the typesetter, the JPEG library and zlib.
    """
    if name == SCANNED:
        return scan.alike(stored, rendered)
    if name.endswith(".pdf"):
        return pdf.page_texts(stored) == pdf.page_texts(rendered)
    if name.endswith(".docx"):
        return _members(stored) == _members(rendered)
    return stored == rendered


def outdated(folder: Path = SAMPLES) -> list[str]:
    """Name the files in ``folder`` that are missing or differ from what their sources give."""
    return [
        name
        for name, content in render_all(folder).items()
        if not (folder / name).is_file() or not same(name, (folder / name).read_bytes(), content)
    ]


def _members(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        return {name: file.read(name) for name in file.namelist()}
