"""The default engine without its networks: characters decoded, cores grown to lines, words cut at spaces."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from functions.analyze.ocr.areas import areas
from functions.analyze.ocr.ppocr import models
from functions.analyze.ocr.ppocr.alphabet import Alphabet, settle
from functions.analyze.ocr.ppocr.detect import LineBox, find_lines
from functions.analyze.ocr.ppocr.leftover import find_leftovers
from functions.analyze.ocr.ppocr.recognise import words_of
from shared.errors import PermanentError

CHARACTERS = ("a", "b", "一", "-", " ")


def scores(*places: tuple[int, float]) -> NDArray[np.float32]:
    """Return the network's output: at each place one class, as likely as given, and a dash the next best."""
    table = np.zeros((len(places), len(CHARACTERS) + 1), np.float32)
    for place, (number, likely) in enumerate(places):
        table[place, 4] = 0.05
        table[place, number] = likely
    return table


def text(lines: list[Any]) -> list[str]:
    return ["".join(one.text for one in line) for line in lines]


def test_neighbours_are_one_character_and_none_parts_two() -> None:
    decoded = Alphabet(CHARACTERS).decode(scores((1, 0.9), (1, 0.8), (0, 0.9), (1, 0.7), (2, 0.6), (5, 0.9)))
    assert text([decoded.read]) == ["aab "]
    assert [one.place for one in decoded.read] == [0, 3, 4, 5]
    assert decoded.read[0].confidence == pytest.approx(0.9)


def test_a_page_of_latin_letters_holds_no_chinese_character_and_a_chinese_one_does() -> None:
    alphabet = Alphabet(CHARACTERS)
    latin = alphabet.decode(scores((1, 0.9), (2, 0.9), (1, 0.9), (2, 0.9)))
    dash = alphabet.decode(scores((3, 0.6)))
    assert text(settle([latin, dash])) == ["abab", "-"]
    assert text(settle([latin, dash, dash, dash])) == ["abab", "一", "一", "一"]
    assert settle([]) == []


def test_areas_are_joined_across_rows() -> None:
    mask = np.array(
        [[1, 0, 1, 0, 0], [1, 1, 1, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 1]],
        dtype=np.bool_,
    )
    found = areas(mask, mask.astype(np.float32) * 2)
    assert sorted((area.box, area.pixels, area.weight) for area in found) == [
        ((0, 0, 3, 2), 5, 10.0),
        ((4, 2, 5, 4), 2, 4.0),
    ]


class DarkNetwork:
    """Takes what is dark for the core of a line."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        self.shapes.append(tensor.shape)
        dark: NDArray[np.float32] = (tensor[:, :1] < 0).astype(np.float32) * 0.9
        return dark


def page(rows: int, columns: int, *boxes: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    pixels = np.full((rows, columns), 255, np.uint8)
    for x0, top, x1, bottom in boxes:
        pixels[top:bottom, x0:x1] = 0
    return pixels


def test_a_core_grows_to_its_line() -> None:
    network = DarkNetwork()
    lines = find_lines(page(200, 400, (50, 100, 250, 110)), network)  # type: ignore[arg-type]
    [line] = lines
    assert line.x0 < 50
    assert line.x1 > 250
    assert 90 < line.top < 97
    assert 113 < line.bottom < 120
    assert all(side % 32 == 0 for shape in network.shapes for side in shape[2:])


def test_a_tall_image_is_looked_at_in_bands_that_cut_no_line() -> None:
    network = DarkNetwork()
    boxes = [(50, top, 1500, top + 20) for top in range(30, 9000, 60)]
    lines = find_lines(page(9000, 1600, *boxes), network)  # type: ignore[arg-type]
    assert len(lines) == len(boxes)
    assert len(network.shapes) > 3
    assert max(shape[2] * shape[3] for shape in network.shapes) < 1_400_000


def test_a_lone_digit_in_a_row_is_tried_and_dirt_is_not() -> None:
    line = LineBox(20, 100, 200, 130)
    pixels = page(
        200, 600, (30, 105, 190, 125), (400, 105, 410, 125), (500, 112, 503, 115), (560, 10, 570, 30)
    )
    [found] = find_leftovers(pixels, [line])
    assert found.x0 < 400
    assert found.x1 > 410
    assert (found.top, found.bottom) == (100, 130)


def test_words_begin_and_end_where_their_ink_does() -> None:
    line = page(30, 200, (10, 13, 60, 17), (90, 13, 180, 17))
    alphabet = Alphabet(CHARACTERS)
    read = alphabet.decode(
        scores(*[(1, 0.9), (2, 0.8)], (5, 0.9), (5, 0.9), *[(1, 0.6), (2, 0.6), (1, 0.6), (2, 0.6)])
    )
    words = words_of(read.read, read.length, line, (1000.0, 500.0, 1200.0, 530.0), 7)
    assert [(word.text, word.box, word.line) for word in words] == [
        ("ab", (1010.0, 500.0, 1060.0, 530.0), 7),
        ("abab", (1090.0, 500.0, 1180.0, 530.0), 7),
    ]
    assert words[0].confidence == pytest.approx(0.85)
    assert words_of([], 5, line, (0.0, 0.0, 200.0, 30.0), 1) == []


def test_without_the_package_of_the_models_recognition_is_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(PermanentError, match="requirements-nodeps") as caught:
        models.load()
    assert caught.value.code == "ocr-unavailable"
