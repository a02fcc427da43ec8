"""Writes small PDF files by hand, so that tests decide where every word and line stands."""

from __future__ import annotations

from dataclasses import dataclass, field

import pypdfium2

WIDTH, HEIGHT = 595.0, 842.0
_CURVE = 0.5523


@dataclass
class Sheet:
    """One page; coordinates in points from the top left, ``y`` is the baseline."""

    parts: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, *, size: float = 9, bold: bool = False) -> Sheet:
        font = "F2" if bold else "F1"
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        self.parts.append(f"BT /{font} {size} Tf 1 0 0 1 {x} {HEIGHT - y} Tm ({escaped}) Tj ET")
        return self

    def lines(
        self, x: float, y: float, *lines: str, size: float = 9, bold: bool = False, step: float = 11
    ) -> Sheet:
        for number, line in enumerate(lines):
            self.text(x, y + number * step, line, size=size, bold=bold)
        return self

    def color(self, red: float, green: float, blue: float) -> Sheet:
        self.parts.append(f"{red} {green} {blue} rg")
        return self

    def scaled(self, x: float, y: float, text: str, scale: float) -> Sheet:
        """Set text in a font of size 1, enlarged by the text matrix."""
        self.parts.append(f"BT /F1 1 Tf {scale} 0 0 {scale} {x} {HEIGHT - y} Tm ({text}) Tj ET")
        return self

    def turned(self, x: float, y: float, text: str) -> Sheet:
        self.parts.append(f"BT /F1 6 Tf 0 1 -1 0 {x} {HEIGHT - y} Tm ({text}) Tj ET")
        return self

    def rule(self, y: float, x0: float, x1: float) -> Sheet:
        self.parts.append(f"0.5 w {x0} {HEIGHT - y} m {x1} {HEIGHT - y} l S")
        return self

    def upright(self, x: float, y0: float, y1: float) -> Sheet:
        self.parts.append(f"0.5 w {x} {HEIGHT - y0} m {x} {HEIGHT - y1} l S")
        return self

    def grid(self, ys: list[float], x0: float, x1: float) -> Sheet:
        """Draw several rules as one path."""
        path = " ".join(f"{x0} {HEIGHT - y} m {x1} {HEIGHT - y} l" for y in ys)
        self.parts.append(f"0.5 w {path} S")
        return self

    def circle(self, x: float, y: float, radius: float, *, filled: bool) -> Sheet:
        y, k = HEIGHT - y, radius * _CURVE
        r = radius
        self.parts.append(
            f"{x + r} {y} m {x + r} {y + k} {x + k} {y + r} {x} {y + r} c "
            f"{x - k} {y + r} {x - r} {y + k} {x - r} {y} c {x - r} {y - k} {x - k} {y - r} {x} {y - r} c "
            f"{x + k} {y - r} {x + r} {y - k} {x + r} {y} c h {'f' if filled else 'S'}"
        )
        return self

    def image(self) -> Sheet:
        """Fill the page with a picture of one grey pixel: a scan, as far as a reader can tell."""
        self.parts.append(f"q {WIDTH} 0 0 {HEIGHT} 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x80 EI Q")
        return self


def write_pdf(*sheets: Sheet, rotate: int = 0, trailer: str = "") -> bytes:
    """Return a PDF of ``sheets`` in Helvetica; ``trailer`` is added to its trailer dictionary."""
    count = len(sheets)
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    ]
    for number, sheet in enumerate(sheets):
        stream = "\n".join(sheet.parts).encode("cp1252", "replace")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Rotate {rotate} "
            f"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents {6 + 2 * number} 0 R >>".encode()
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n".encode() + stream + b"\nendstream")
    return _file(objects, trailer)


def _file(objects: list[bytes], trailer: str) -> bytes:
    data = b"%PDF-1.7\n"
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    start = len(data)
    data += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    data += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    data += (
        f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    )
    return data


def write_encrypted() -> bytes:
    """Return a PDF that opens with a password only (its key material fits no empty password)."""
    key = "00" * 32
    encrypt = f"/Encrypt << /Filter /Standard /V 1 /R 2 /O <{key}> /U <{key}> /P -4 >>"
    return write_pdf(Sheet().text(50, 100, "Geheim"), trailer=f"{encrypt} /ID [<{key}> <{key}>]")


def pdf_text(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    try:
        texts = []
        for page in document:
            textpage = page.get_textpage()
            texts.append(textpage.get_text_range())
            textpage.close()
            page.close()
        return " ".join(" ".join(texts).replace("\ufffe", "").split())
    finally:
        document.close()
