"""What every store of vectors has to do: among files, and in S3 Vectors (over HTTP, see the fake)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from functions.analyze.search.vectors import FileVectors, VectorStore
from shared.aws import s3_vectors
from shared.aws.clients import client
from shared.aws.s3_vectors import S3VectorStore
from shared.files.port import FileMissingError
from shared.jobs.model import Owner
from shared.memory.files import MemoryFiles
from shared.search.index import IndexEntry
from tests.support.fakes.s3_vectors_server import S3Vectors, serve
from tests.support.worlds.indexing import ALICE, BOB, POLICY, SearchWorld

if TYPE_CHECKING:
    from functions.analyze.search.embeddings.port import Matrix


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Vectors]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with serve() as service:
        yield service
    client.cache_clear()


@pytest.fixture(params=["files", "s3vectors"])
def store(request: pytest.FixtureRequest, service: S3Vectors) -> VectorStore:
    if request.param == "files":
        return FileVectors(MemoryFiles())
    return S3VectorStore("bucket", service.url)


def entry(document_id: str, passages: int, owner: Owner = ALICE, job_id: str = "j1") -> IndexEntry:
    return IndexEntry(owner, document_id, job_id, 1, "a1", "words", passages)


def rows(count: int, seed: int = 1) -> Matrix:
    random = np.random.default_rng(seed).normal(size=(count, 16)).astype(np.float32)
    lengths: Matrix = np.linalg.norm(random, axis=1, keepdims=True)
    unit: Matrix = random / lengths
    return unit


def test_the_nearest_come_first_with_their_cosine(store: VectorStore) -> None:
    one, two = entry("d1", 30), entry("d2", 20)
    first, second = rows(30, 1), rows(20, 2)
    store.put(one, first)
    store.put(two, second)
    hits = store.nearest([one, two], second[7], 5)
    assert len(hits) == 5
    assert (hits[0][0], hits[0][1]) == (two, 7)
    assert hits[0][2] == pytest.approx(1, abs=2e-3)
    exact = sorted(np.concatenate([first, second]) @ second[7], reverse=True)[:5]
    assert [score for _, _, score in hits] == pytest.approx(exact, abs=2e-3)


def test_only_the_entries_asked_for_are_searched(store: VectorStore) -> None:
    one, two = entry("d1", 5), entry("d2", 5)
    store.put(one, rows(5, 1))
    store.put(two, rows(5, 2))
    assert {hit[0].document_id for hit in store.nearest([one], rows(5, 2)[0], 10)} == {"d1"}
    assert store.nearest([], rows(1)[0], 10) == []


def test_writing_again_changes_nothing(store: VectorStore) -> None:
    one = entry("d1", 5)
    store.put(one, rows(5))
    before = store.nearest([one], rows(5)[0], 10)
    store.put(one, rows(5))
    assert store.nearest([one], rows(5)[0], 10) == before
    assert len(before) == 5


def test_removal_is_of_one_entry_and_can_be_repeated(store: VectorStore) -> None:
    old, new, other = entry("d1", 5), entry("d1", 5, job_id="j2"), entry("d2", 5)
    for one in (old, new, other):
        store.put(one, rows(5))
    store.remove(old)
    store.remove(old)
    store.remove(entry("never put", 3, Owner("directus", "nobody")))
    left = store.nearest([new, other], rows(5)[0], 20)
    assert sorted((hit[0].document_id, hit[1]) for hit in left) == [
        (document, n) for document in ("d1", "d2") for n in range(5)
    ]
    try:
        assert store.nearest([old], rows(5)[0], 5) == []
    except FileMissingError:
        assert store.whole


def test_a_document_without_passages(store: VectorStore) -> None:
    empty = entry("d0", 0)
    store.put(empty, np.zeros((0, 0), dtype=np.float32))
    assert store.nearest([empty], rows(1)[0], 5) == []
    store.remove(empty)


def test_a_large_document_is_written_in_batches(store: VectorStore) -> None:
    large = entry("d1", 1201)
    store.put(large, rows(1201))
    assert store.nearest([large], rows(1201)[1200], 1)[0][1] == 1200
    store.remove(large)


def test_owners_have_indexes_of_their_own(service: S3Vectors) -> None:
    store = S3VectorStore("bucket", service.url)
    theirs = entry("d1", 5, BOB)
    store.put(entry("d1", 5), rows(5))
    store.put(theirs, rows(5))
    assert len(service.indexes) == 2
    assert not any("bob" in name or "alice" in name for _, name in service.indexes)
    forged = replace(theirs, owner=Owner("directus", "mallory"))
    assert store.nearest([forged], rows(5)[0], 5) == []


@pytest.mark.parametrize("most_parts", [10, 1], ids=["in parts", "cut afterwards"])
def test_a_scope_too_wide_for_a_filter(
    service: S3Vectors, monkeypatch: pytest.MonkeyPatch, most_parts: int
) -> None:
    monkeypatch.setattr(s3_vectors, "MAX_PARTS", most_parts)
    store = S3VectorStore("bucket", service.url)
    entries = [entry(f"d{n}", 1) for n in range(60)]
    for number, one in enumerate(entries):
        store.put(one, rows(1, number))
    found = store.nearest(entries[:55], rows(1)[0], 100)
    assert {one.document_id for one, _, _ in found} == {f"d{n}" for n in range(55)}
    assert [cosine for _, _, cosine in found] == sorted((cosine for _, _, cosine in found), reverse=True)
    assert len(store.nearest(entries[:55], rows(1)[0], 7)) == 7


def test_models_do_not_share_an_index(service: S3Vectors) -> None:
    store = S3VectorStore("bucket", service.url)
    one, other = entry("d1", 1), replace(entry("d2", 1), model="another")
    store.put(one, rows(1))
    store.put(other, rows(1)[:, :2])
    assert [hit[0] for hit in store.nearest([other], rows(1)[0][:2], 5)] == [other]
    assert [hit[0] for hit in store.nearest([one], rows(1)[0], 5)] == [one]


def test_a_search_over_s3_vectors(service: S3Vectors) -> None:
    desk = SearchWorld(vectors=S3VectorStore("bucket", service.url))
    document = desk.index(POLICY)
    desk.index("# Winter\n\nBroken skis are replaced by the hire shop.\n")
    desk.index(POLICY, BOB)
    hit = desk.ask("kennel for dogs").hits[0]
    assert hit.document_id == document.document_id
    assert hit.found_by == ("vectors", "keywords")
    desk.index_again(document)
    assert [h.document_id for h in desk.ask("kennel", document_id=document.document_id).hits] == [
        document.document_id
    ]
