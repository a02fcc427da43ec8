"""Pictures of a PDF's pages, for the passages that a report shows."""

from __future__ import annotations

from functions.analyze.report.clips import PageImage


def pdf_page_images(data: bytes) -> PageImage:
    """Return what draws a page (from 1) of the PDF at so many pixels a point, turned as it is shown."""
    import pypdfium2

    document = pypdfium2.PdfDocument(data)

    def draw(number: int, scale: float) -> object:
        page = document[number - 1]
        try:
            return page.render(scale=scale).to_pil()
        finally:
            page.close()

    return draw  # type: ignore[return-value]
