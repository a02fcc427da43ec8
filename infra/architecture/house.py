"""The rooms of a checkout and the arrows between them, read from its imports; nothing is run."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grimp

PACKAGES = ("functions", "shared", "infra")
LONG = (300, 400)

Arrow = tuple[str, str]
# The floors of a folder, the highest first: each the names of its rooms.
Floors = Sequence[frozenset[str]]


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder: its rooms (folders) and files, the arrows between them, those that run up, and the circles.

    An arrow is a pair of rooms or files of which the first imports the second, however often. ``up`` counts
    those against the floors that the contracts name, and those that have to go before there is no circle.
    """

    name: str
    rooms: int
    files: int
    arrows: int
    up: int
    circles: int


@dataclass(frozen=True, slots=True)
class Size:
    """The Python of one package of the checkout: files, lines, and files longer than each of ``LONG``."""

    name: str
    files: int
    lines: int
    long: tuple[int, ...]


def read_imports(checkout: Path) -> grimp.ImportGraph:
    """Return who imports whom in a checkout, which need not be the one that this runs in."""
    with _importable(checkout):
        return grimp.build_graph(*PACKAGES, cache_dir=None)


def folders(graph: grimp.ImportGraph, floors: Mapping[str, Floors]) -> list[Folder]:
    """Return every folder of a checkout in the order of their names."""
    return [
        _folder(graph, name, floors.get(name, ()))
        for name in sorted(graph.modules)
        if graph.find_children(name)
    ]


def sizes(checkout: Path) -> list[Size]:
    """Return the size of each package, and of the product's: functions and shared together."""
    lengths = {
        package: [len(path.read_text("utf-8").splitlines()) for path in (checkout / package).rglob("*.py")]
        for package in PACKAGES
    }
    product = lengths["functions"] + lengths["shared"]
    return [_size(name, of) for name, of in {**lengths, "functions and shared": product}.items()]


def _size(name: str, lengths: Sequence[int]) -> Size:
    longer = tuple(sum(length > limit for length in lengths) for limit in LONG)
    return Size(name, len(lengths), sum(lengths), longer)


def _folder(graph: grimp.ImportGraph, name: str, floors: Floors) -> Folder:
    children = graph.find_children(name)
    rooms = [child for child in children if graph.find_children(child)]
    arrows = set(_arrows(graph, name))
    breakers = {
        (_room(name, importer), _room(name, imported))
        for importer, imported in graph.nominate_cycle_breakers(name)
    }
    height = {room: -floor for floor, names in enumerate(floors) for room in names}
    against = {
        (above, below)
        for above, below in arrows
        if above in height and below in height and height[above] < height[below]
    }
    circles = len(_circles(arrows))
    return Folder(name, len(rooms), len(children) - len(rooms), len(arrows), len(breakers | against), circles)


def _arrows(graph: grimp.ImportGraph, folder: str) -> Iterator[Arrow]:
    """Yield the pairs of a folder's children of which the first imports the second."""
    inside = folder + "."
    for importer in graph.find_descendants(folder):
        for imported in graph.find_modules_directly_imported_by(importer):
            if imported.startswith(inside):
                pair = _room(folder, importer), _room(folder, imported)
                if pair[0] != pair[1]:
                    yield pair


def _room(folder: str, module: str) -> str:
    return module.removeprefix(folder + ".").split(".")[0]


def _circles(arrows: set[Arrow]) -> list[list[int]]:
    """Return the largest sets of rooms of which each can be reached from each other."""
    import rustworkx

    graph: Any = rustworkx.PyDiGraph()
    numbers = {name: graph.add_node(name) for name in sorted({name for arrow in arrows for name in arrow})}
    graph.add_edges_from_no_data([(numbers[above], numbers[below]) for above, below in arrows])
    return [circle for circle in rustworkx.strongly_connected_components(graph) if len(circle) > 1]


@contextmanager
def _importable(checkout: Path) -> Iterator[None]:
    """Let the packages be those of ``checkout``, for whoever looks for their files."""
    ours = {name: sys.modules.pop(name) for name in PACKAGES if name in sys.modules}
    sys.path.insert(0, str(checkout))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(checkout))
        sys.modules.update(ours)
