"""The outline as a tree, clusters where it says nothing, and passages in context."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.analyze.document.model import Document
from functions.analyze.extract import open_source
from functions.analyze.search.index import tree
from functions.analyze.search.index.tree import CLUSTER_ABOVE, Node
from functions.analyze.search.passages import Passage, passages_from_json, passages_of, passages_to_json
from tests.support.fakes.word_embeddings import WordEmbeddings


def read(text: str, name: str = "policy.md") -> Document:
    source = open_source(text.encode(), name, None)
    return source.assemble(list(source.pages(1, source.page_count)))


def grow(document: Document) -> tuple[Node, list[Passage]]:
    passages = passages_of(document)
    embeddings = WordEmbeddings(batch=10_000)
    vectors = embeddings.passages([passage.in_context for passage in passages])
    return tree.build(document, passages, vectors), passages


def outline(node: Node) -> list[tuple[int, str, str]]:
    return [(one.level, one.kind, one.title) for one in node.walk()]


def words(subject: str, count: int) -> str:
    return " ".join(f"{subject} is covered in case number {n} of this list." for n in range(count))


def test_headings_nest_by_level_even_where_one_is_left_out() -> None:
    root, _ = grow(read("# A\n\nText.\n\n### B\n\nText.\n\n## C\n\nText.\n\n# D\n\nText.\n"))
    assert outline(root)[1:] == [
        (1, "section", "A"),
        (2, "section", "B"),
        (2, "section", "C"),
        (1, "section", "D"),
    ]


def test_numbered_articles_without_headings_are_sections() -> None:
    text = "Art. 1 Who is insured: all members.\n\nMore of it.\n\nArt. 2 What is paid: everything.\n"
    root, passages = grow(read(text, "policy.txt"))
    assert [node.title.split(":")[0] for node in root.walk()][1:] == [
        "Art. 1 Who is insured",
        "Art. 2 What is paid",
    ]
    assert passages[0].within(*span(root.children[0])).rstrip().endswith("More of it.")
    assert passages[0].within(*span(root.children[1])).startswith("Art. 2")


def span(node: Node) -> tuple[tuple[int, int], tuple[int, int]]:
    return node.start, node.end


def test_text_without_an_outline_is_divided_by_what_it_says() -> None:
    text = "\n\n".join(words(subject, 25) for subject in ["luggage"] * 10 + ["rescue"] * 10)
    root, passages = grow(read(text, "plain.txt"))
    clusters = [node for node in root.walk() if node.kind == "cluster"]
    assert len(clusters) >= 2
    sizes = [len(cluster.passages) for cluster in clusters]
    assert max(sizes) <= CLUSTER_ABOVE
    assert max(sizes) - min(sizes) <= 1 + max(sizes) // 2
    for cluster in clusters:
        subjects = {passages[number].text.split()[0] for number in cluster.passages}
        assert len(subjects) == 1, "like passages are together"
    assert all(cluster.level == 1 for cluster in clusters)
    assert sorted(n for cluster in clusters for n in cluster.passages) == list(range(len(passages)))


def test_a_long_section_keeps_its_subsections_beside_its_clusters() -> None:
    long = "\n\n".join(words("luggage", 25) for _ in range(12))
    root, _ = grow(read(f"# Luggage\n\n{long}\n\n## Excess\n\nTwo hundred.\n"))
    kinds = [child.kind for child in root.children[0].children]
    assert kinds[-1] == "section"
    assert set(kinds[:-1]) == {"cluster"}
    assert root.children[0].passages == []


def test_json_names_passages_and_pages() -> None:
    root, passages = grow(read("# A\n\nText one.\n\n# B\n\nText two.\n"))
    data = tree.to_json(root, passages)
    assert data["node_id"] == "0"
    assert [child["node_id"] for child in data["children"]] == ["1", "2"]
    assert (data["first_page"], data["last_page"]) == (1, 1)
    assert data["children"][0]["passages"] == [passages[0].passage_id]


def test_an_empty_document_has_a_root() -> None:
    document = Document((), "en", "text/plain")
    root = tree.build(document, [], np.zeros((0, 0), dtype=np.float32))
    assert outline(root) == [(0, "document", "")]
    assert tree.to_json(root, [])["first_page"] == 1


def test_passages_survive_storage_and_are_the_same_each_time() -> None:
    document = read("# A\n\n" + words("luggage", 60))
    passages = passages_of(document)
    assert passages_from_json(passages_to_json(passages)) == passages == passages_of(document)
    assert len({passage.passage_id for passage in passages}) == len(passages) > 1
    for passage in passages:
        pages = {page.number: page.text for page in document.pages}
        assert "\n".join(pages[page][start:end] for page, start, end in passage.spans) == passage.text
        assert passage.within((0, 0), tree.END) == passage.text
        assert passage.in_context.startswith("A\n")


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from(["# H\n", "## H\n", "### H\n", "Some text of the policy. " * 60]), max_size=25)
)
def test_every_passage_hangs_in_the_tree(parts: list[str]) -> None:
    document = read("\n\n".join(["Preamble.", *parts]))
    root, passages = grow(document)
    assert root.all_passages() == list(range(len(passages)))
    for node in root.walk():
        assert all(child.level == node.level + 1 for child in node.children)
        assert len(node.passages) <= CLUSTER_ABOVE
        assert node.start <= node.end


def test_a_tree_is_a_few_levels_deep_however_long_the_text() -> None:
    vectors = np.random.default_rng(5).normal(size=(70, 8)).astype(np.float32)
    spans = [Passage(str(n), "x", ((1, n, n + 1),), ()) for n in range(70)]
    root = tree.build(Document((), "en", "text/plain"), spans, vectors)
    assert len(root.children) == 8
    assert {len(child.passages) for child in root.children} <= {8, 9}


@pytest.mark.parametrize("title", ["x" * 300, "word " * 60])
def test_titles_are_short(title: str) -> None:
    root, _ = grow(read(f"# {title}\n\nText.\n"))
    assert len(root.children[0].title) <= tree.MAX_TITLE
