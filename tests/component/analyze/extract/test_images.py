"""Images as documents: every kind that scanners and phones make, and those made to do harm."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from functions.analyze.extract import ExtractionLimits, Visible, open_source
from shared.errors import PermanentError
from tests.support.builders.scans import saved, tiff
from tests.support.extraction import refusal

SIZE = (120, 60)


def bar(mode: str = "L", size: tuple[int, int] = SIZE) -> Image.Image:
    """Return a white image with a black bar along the upper edge of its left half."""
    image = Image.new("L", size, 255)
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2, size[1] // 4), fill=0)
    return image.convert(mode)


def source_of(data: bytes, limits: ExtractionLimits | None = None) -> Visible:
    source = open_source(data, "scan", None, limits or ExtractionLimits())
    assert isinstance(source, Visible)
    return source


def corners(data: bytes, number: int = 1) -> str:
    """Return what the four corners look like, clockwise from the upper left: ``#`` dark, ``.`` light."""
    pixels = source_of(data).bitmap(number).pixels
    places = (pixels[2, 2], pixels[2, -3], pixels[-3, -3], pixels[-3, 2])
    return "".join("#" if value < 100 else "." for value in places)


def sixteen_bits() -> Image.Image:
    return Image.fromarray(np.asarray(bar(), dtype=np.uint16) * 257)


def clear() -> Image.Image:
    """Return a bar on a ground that cannot be seen, black below."""
    image = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((0, 0, 60, 15), fill=(0, 0, 0, 255))
    return image


@pytest.mark.parametrize(
    ("image", "name"),
    [
        (bar("1"), "PNG"),
        (bar("L"), "PNG"),
        (bar("P"), "PNG"),
        (bar("RGB"), "PNG"),
        (clear(), "PNG"),
        (clear().convert("LA"), "PNG"),
        (sixteen_bits(), "PNG"),
        (bar("1"), "TIFF"),
        (bar("CMYK"), "TIFF"),
        (bar("F"), "TIFF"),
        (bar("RGB"), "TIFF"),
        (sixteen_bits(), "TIFF"),
        (bar("CMYK"), "JPEG"),
        (bar("RGB"), "JPEG"),
    ],
)
def test_every_kind_of_pixel_is_seen_as_grey_on_white(image: Image.Image, name: str) -> None:
    assert corners(saved([image], name)) == "#..."


@pytest.mark.parametrize(
    ("orientation", "seen"),
    [(1, "#..."), (2, ".#.."), (3, "..#."), (4, "...#"), (5, "#..."), (6, ".#.."), (7, "..#."), (8, "...#")],
)
def test_a_photo_is_shown_as_its_orientation_says(orientation: int, seen: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved([bar("RGB")], "JPEG", exif=exif)
    assert corners(data) == seen
    page = source_of(data).pages(1, 1)[0]
    assert (page.width < page.height) == (orientation >= 5)


def test_the_resolution_says_how_large_a_page_is_and_without_one_it_is_a_sheet() -> None:
    page = source_of(saved([bar(size=(1000, 500))], "PNG", dpi=(100, 100))).pages(1, 1)[0]
    assert (page.width, page.height) == pytest.approx((720, 360), abs=0.1)
    page = source_of(saved([bar(size=(1000, 500))], "PNG")).pages(1, 1)[0]
    assert (page.width, page.height) == pytest.approx((842, 421))
    assert page.scanned
    assert page.text == ""


def test_a_large_scan_is_shown_smaller_and_a_part_of_it_alone() -> None:
    source = source_of(saved([bar(size=(4960, 7016))], "PNG", dpi=(600, 600)))
    whole = source.bitmap(1)
    assert whole.pixels.shape == pytest.approx((2339, 1654), abs=2)
    assert whole.scale == pytest.approx(0.36, abs=0.001)
    part = source.bitmap(1, (0, 0, 72, 144))
    assert part.pixels.shape == pytest.approx((400, 200), abs=2)
    assert part.pixels.max() < 100


def test_each_frame_of_a_tiff_is_a_page() -> None:
    source = source_of(tiff(3))
    assert source.page_count == 3
    assert [page.number for page in source.pages(2, 3)] == [2, 3]
    assert source.bitmap(3).pixels.min() == 0


def test_too_many_frames() -> None:
    assert refusal(tiff(5), "scan.tif", ExtractionLimits(max_pages=4)).code == "too-many-pages"


def png(columns: int, rows: int) -> bytes:
    """Return a PNG of a few kilobytes that unpacks to a grey image of any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = b"\0" * (columns + 1)
    data = b"".join(packer.compress(row) for _ in range(min(rows, 50))) + packer.flush()
    header = struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(20_000, 20_000), (200_000, 200_000), (1, 90_000_000)])
def test_an_image_of_too_many_pixels_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    error = refusal(png(*size), "scan.png")
    assert error.code == "image-too-large"
    assert "300 dpi" in error.detail


def test_the_frame_that_is_too_large_is_named() -> None:
    frames = [Image.new("1", SIZE, 1), Image.new("1", (400, 400), 1)]
    source = source_of(saved(frames, "TIFF"), ExtractionLimits(max_image_pixels=10_000))
    with pytest.raises(PermanentError, match="page 2 has 400 x 400 pixels") as caught:
        source.pages(1, 2)
    assert caught.value.code == "image-too-large"


@pytest.mark.parametrize("name", ["PNG", "JPEG", "TIFF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_file_that_was_cut_off_is_refused(name: str, share: float) -> None:
    rng = np.random.default_rng(1)
    data = saved([Image.fromarray(rng.integers(0, 255, (200, 200), dtype=np.uint8))], name)
    with pytest.raises(PermanentError) as caught:
        source_of(data[: int(share * len(data))]).bitmap(1)
    assert caught.value.code == "image-damaged"


def test_a_text_chunk_that_unpacks_to_too_much_is_refused() -> None:
    data = png(10, 10)
    bomb = b"zip\0\0" + zlib.compress(bytes(100_000_000), 9)
    chunk = struct.pack(">I", len(bomb)) + b"zTXt" + bomb + struct.pack(">I", zlib.crc32(b"zTXt" + bomb))
    place = data.index(b"IDAT") - 4
    error = refusal(data[:place] + chunk + data[place:], "scan.png")
    assert error.code == "image-damaged"


def test_an_animated_png_is_one_page() -> None:
    buffer = io.BytesIO()
    bar().save(buffer, "PNG", save_all=True, append_images=[bar(), bar()])
    assert source_of(buffer.getvalue()).page_count == 1
