"""The tree of a document: its outline, completed by clusters where the outline says nothing.

A section is opened by a heading, or by a numbered article that is set as plain text. A section with many
passages and no sections of its own is divided by what they say: the passages are split at the median of their
first principal component, again and again (principal direction divisive partitioning; Boley, "Principal
Direction Divisive Partitioning", 1998). The halves are equal, so the tree is balanced and a few levels deep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from functions.analyze.document.model import Block, BlockKind, Document, Page
from functions.analyze.search.passages import Passage

if TYPE_CHECKING:
    from functions.analyze.search.embeddings.port import Matrix

# A section with more passages than this is divided, at most so often.
CLUSTER_ABOVE = 8
CLUSTER_LEVELS = 3
MAX_TITLE = 80
_MAX_ARTICLE = 120
_ARTICLE = re.compile(
    r"(?:(?:Art(?:icle|ikel|\.)?|§+|Ziff(?:er|\.)|Section|Clause)\s*[A-Z]?\d|\d{1,2}(?:\.\d{1,2}){1,2}\s)"
)
_BELOW_HEADINGS = 7

Position = tuple[int, int]
END: Position = (1 << 62, 0)


@dataclass(slots=True)
class Node:
    """A section: from ``start`` to ``end`` (page, offset), with the sections below it.

    ``passages`` are the numbers of those that have some of its own text.
    ``kind`` is ``document``, ``section`` or ``cluster``; ``level`` counts from the root, which is 0.
    """

    kind: str
    title: str
    level: int
    start: Position
    passages: list[int] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)
    summary: str = ""
    end: Position = END

    def walk(self) -> Iterator[Node]:
        """Yield the node and all below it, parents first, in reading order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def all_passages(self) -> list[int]:
        """Return the numbers of the passages of the node and of all below it."""
        return sorted({number for node in self.walk() for number in node.passages})


def build(document: Document, passages: Sequence[Passage], vectors: Matrix) -> Node:
    """Return the tree of a document; every passage hangs somewhere in it. ``vectors`` has a row a passage."""
    root = Node("document", _short(document.title), 0, (0, 0))
    sections = _outline(document, root)
    starts = [section.start for section in sections]
    for number, passage in enumerate(passages):
        for index in _sections_of(passage, starts):
            sections[index].passages.append(number)
    for node in list(root.walk()):
        if len(node.passages) > CLUSTER_ABOVE:
            _divide(node, passages, vectors)
    return root


def to_json(root: Node, passages: Sequence[Passage]) -> dict[str, Any]:
    """Return the tree as the API answers it; ids count the nodes in reading order."""
    ids = {id(node): str(number) for number, node in enumerate(root.walk())}

    def render(node: Node) -> dict[str, Any]:
        pages = [span[0] for number in node.all_passages() for span in passages[number].spans]
        return {
            "node_id": ids[id(node)],
            "kind": node.kind,
            "title": node.title,
            "level": node.level,
            "first_page": min(pages, default=node.start[0] or 1),
            "last_page": max(pages, default=node.start[0] or 1),
            "summary": node.summary,
            "passages": [passages[number].passage_id for number in node.passages],
            "children": [render(child) for child in node.children],
        }

    return render(root)


def _outline(document: Document, root: Node) -> list[Node]:
    """Hang the sections below the root; return all nodes in reading order."""
    nodes, path = [root], [(0, root)]
    for page, block in _openings(document):
        level = block.level if block.kind is BlockKind.HEADING else _BELOW_HEADINGS
        while path[-1][0] >= level:
            path.pop()[1].end = (page.number, block.start)
        parent = path[-1][1]
        title = _short(page.text[block.start : block.end])
        node = Node("section", title, parent.level + 1, (page.number, block.start))
        parent.children.append(node)
        path.append((level, node))
        nodes.append(node)
    return nodes


def _openings(document: Document) -> Iterator[tuple[Page, Block]]:
    """Yield headings; where a document has none, the paragraphs that begin like numbered articles."""
    blocks = [(page, block) for page in document.pages for block in page.blocks]
    headings = [(page, block) for page, block in blocks if block.kind is BlockKind.HEADING]
    if headings:
        yield from headings
        return
    for page, block in blocks:
        text = page.text[block.start : block.end]
        if block.kind in {BlockKind.PARAGRAPH, BlockKind.LIST_ITEM} and _ARTICLE.match(text):
            yield page, block


def _sections_of(passage: Passage, starts: Sequence[Position]) -> list[int]:
    """Return the sections that a passage has text of: the one that it begins in, and those it runs into."""
    sections: list[int] = []
    for page, start, end in passage.spans:
        first = max((i for i, position in enumerate(starts) if position <= (page, start)), default=0)
        inside = [i for i, position in enumerate(starts) if (page, start) < position < (page, end)]
        sections += [index for index in (first, *inside) if index not in sections]
    return sections


def _divide(node: Node, passages: Sequence[Passage], vectors: Matrix) -> None:
    """Give a node clusters as its first children, and take its passages away."""
    parts = _split(node.passages, vectors, CLUSTER_LEVELS)
    clusters = [
        Node(
            "cluster",
            _short(passages[most_central(part, vectors)].text),
            node.level + 1,
            node.start,
            part,
            end=node.end,
        )
        for part in sorted(parts)
    ]
    node.passages = []
    node.children[:0] = clusters


def _split(numbers: list[int], vectors: Matrix, levels: int) -> list[list[int]]:
    """Return balanced groups of like passages, each in reading order."""
    import numpy as np

    if len(numbers) <= CLUSTER_ABOVE or levels == 0:
        return [sorted(numbers)]
    rows = vectors[numbers]
    centred = rows - rows.mean(axis=0)
    direction = np.linalg.svd(centred, full_matrices=False)[2][0]
    order = [numbers[index] for index in np.argsort(centred @ direction, kind="stable")]
    middle = len(order) // 2
    return [*_split(order[:middle], vectors, levels - 1), *_split(order[middle:], vectors, levels - 1)]


def most_central(numbers: Sequence[int], vectors: Matrix) -> int:
    """Return the passage that is nearest to the mean of some."""
    rows = vectors[list(numbers)]
    return numbers[int((rows @ rows.mean(axis=0)).argmax())]


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= MAX_TITLE else plain[: MAX_TITLE - 1].rsplit(" ", 1)[0] + "…"
