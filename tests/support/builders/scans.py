"""Scanned documents, made in a moment: pages of nothing but an image, among pages of text."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from tests.support.builders.pdfs import Sheet, write_pdf

TEXT = Sheet().lines(50, 100, "We pay for fire and for broken glass.", "There is an amount of 500.")
SCAN = Sheet().image()
BLANK = Sheet()


def mixed(*kinds: Sheet) -> bytes:
    return write_pdf(*kinds)


def tiff(pages: int, size: tuple[int, int] = (200, 100)) -> bytes:
    """Return a TIFF whose pages show a black bar."""
    frames = []
    for _ in range(pages):
        frame = Image.new("L", size, 255)
        ImageDraw.Draw(frame).rectangle((20, 20, 120, 30), fill=0)
        frames.append(frame)
    return saved(frames, "TIFF")


def saved(frames: Sequence[Image.Image], name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    more = {"save_all": True, "append_images": frames[1:]} if len(frames) > 1 else {}
    frames[0].save(buffer, name, **more, **options)
    return buffer.getvalue()
