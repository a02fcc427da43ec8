"""The index of a document: made after its analysis, over many invocations, taken back and replaced."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import TransientError
from shared.files import keys
from shared.jobs import states
from shared.jobs.execution import Ending
from shared.jobs.model import Status
from shared.jobs.store import edit
from shared.search.index import IndexEntry, IndexRemover, SupersededError, VectorsInFiles
from tests.support.memory.search_index import MemorySearchIndex
from tests.support.worlds.indexing import ALICE, BOB, SearchWorld

LONG = "# Policy\n\n" + "\n\n".join(
    f"## Article {n}\n\n" + f"The insured person number {n} is paid {n} francs for item{n}. " * 12
    for n in range(30)
)


def index_files(desk: SearchWorld) -> list[str]:
    keys = desk.files.keys()
    return [key for key in keys if "/index/" in key]


def test_the_index_follows_the_analysis() -> None:
    desk = SearchWorld()
    document = desk.upload(case_id="c1")
    analysis = desk.analyse(document)
    assert desk.shelf.entries(ALICE) == [], "the result does not wait for it"
    job = desk.index_job(analysis)
    assert desk.deliver(job).ending is Ending.COMPLETED
    [entry] = desk.shelf.entries(ALICE)
    assert (entry.document_id, entry.case_id, entry.file_name) == (document.document_id, "c1", "policy.md")
    assert (entry.job_id, entry.source_job_id, entry.model) == (job.job_id, analysis.job_id, "words")
    result = desk.job(job.job_id).result
    assert result is not None
    assert result["index"]["passages"] == entry.passages > 0
    names = sorted(key.removeprefix(entry.prefix) for key in index_files(desk))
    assert names == ["passages.json", "tree.json", "vectors.npy"]


def test_a_long_document_goes_on_over_invocations_and_embeds_nothing_twice() -> None:
    asked: list[str] = []
    desk = SearchWorld()
    desk.embeddings.fault = asked.extend
    job = desk.index_job(desk.analyse(desk.upload(LONG)))
    endings: list[Ending] = []
    while not endings or endings[-1] is Ending.CONTINUED:
        ticks = iter([1000.0, 1000.0, 0.0])
        endings.append(desk.deliver(job, lambda ticks=ticks: next(ticks, 0.0)).ending)  # type: ignore[misc]
    assert endings[-1] is Ending.COMPLETED
    assert len(endings) > 3
    with_headings = [text for text in asked if text.startswith("Policy >")]
    assert len(with_headings) == len(set(with_headings)) > 20
    found = desk.ask("item17").hits[0]
    assert "item17" in found.text


def test_a_service_that_fails_is_asked_again_for_the_same_batch() -> None:
    desk = SearchWorld()
    job = desk.index_job(desk.analyse(desk.upload(LONG)))
    failing = iter([False, False, True])

    def fault(_texts: object) -> None:
        if next(failing, False):
            raise TransientError("embeddings-unavailable", "503.")

    desk.embeddings.fault = fault
    assert desk.deliver(job).ending is Ending.RETRYING
    desk.clock.advance(minutes=30)
    assert desk.deliver(job).ending is Ending.COMPLETED


def test_indexing_again_replaces_the_entry_and_its_files() -> None:
    desk = SearchWorld()
    document = desk.index()
    first = desk.shelf.entries(ALICE)
    desk.index_again(document)
    second = desk.shelf.entries(ALICE)
    assert first != second
    assert len(second) == 1
    assert all(key.startswith(second[0].prefix) for key in index_files(desk))


def test_the_index_of_an_older_analysis_does_not_replace_a_newer_one() -> None:
    desk = SearchWorld()
    document = desk.upload()
    older, newer = desk.index_job(desk.analyse(document)), desk.index_job(desk.analyse(document))
    assert desk.deliver(newer).ending is Ending.COMPLETED
    assert desk.deliver(older).ending is Ending.FAILED
    assert (desk.job(older.job_id).error or {})["type"].endswith("index-superseded")
    [entry] = desk.shelf.entries(ALICE)
    assert entry.job_id == newer.job_id
    assert all(key.startswith(entry.prefix) for key in index_files(desk))


def test_cancelling_takes_the_index_back() -> None:
    desk = SearchWorld()
    job = desk.index_job(desk.analyse(desk.upload(LONG)))
    ticks = iter([1000.0] * 4)
    assert desk.deliver(job, lambda: next(ticks, 0.0)).ending is Ending.CONTINUED
    edit(desk.jobs, job.job_id, lambda j: states.request_cancel(j, desk.clock(), "alice"))
    assert desk.deliver(job).ending is Ending.CANCELLED
    assert desk.shelf.entries(ALICE) == []
    assert index_files(desk) == []


def test_cancelling_leaves_the_index_of_another_job() -> None:
    desk = SearchWorld()
    document = desk.index()
    kept = desk.shelf.entries(ALICE)
    job = desk.index_job(desk.analyse(document))
    edit(desk.jobs, job.job_id, lambda j: states.request_cancel(j, desk.clock(), "alice"))
    assert desk.deliver(job).ending is Ending.CANCELLED
    assert desk.shelf.entries(ALICE) == kept
    assert len(index_files(desk)) == 3


def test_another_model_does_not_go_on_with_vectors_of_the_first() -> None:
    desk = SearchWorld()
    job = desk.index_job(desk.analyse(desk.upload(LONG)))
    ticks = iter([1000.0] * 3)
    assert desk.deliver(job, lambda: next(ticks, 0.0)).ending is Ending.CONTINUED
    desk.embeddings.name = "others"
    assert desk.deliver(job).ending is Ending.FAILED
    assert (desk.job(job.job_id).error or {})["type"].endswith("embeddings-changed")


def test_what_was_understood_may_be_gone() -> None:
    desk = SearchWorld()
    document = desk.upload()
    job = desk.index_job(desk.analyse(document))
    desk.files.delete_prefix(f"{document.prefix}understood/")
    assert desk.deliver(job).ending is Ending.FAILED
    assert (desk.job(job.job_id).error or {})["type"].endswith("source-gone")


def test_a_deleted_document_is_not_put_on_the_shelf() -> None:
    desk = SearchWorld()
    job = desk.index_job(desk.analyse(desk.upload()))
    desk.shelf.there = lambda _entry: False
    assert desk.deliver(job).ending is Ending.FAILED
    assert (desk.job(job.job_id).error or {})["type"].endswith("document-deleted")
    assert index_files(desk) == []


def test_a_late_worker_leaves_nothing() -> None:
    desk = SearchWorld()
    job = desk.index_job(desk.analyse(desk.upload()))
    desk.shelf.held = lambda _entry: False
    assert desk.deliver(job).ending is Ending.FENCED
    assert desk.shelf.entries(ALICE) == []
    assert index_files(desk) == []


@pytest.mark.parametrize("applied", [True, False])
def test_a_write_of_unknown_outcome_leaves_the_files_of_what_may_be_on_the_shelf(
    monkeypatch: pytest.MonkeyPatch, applied: bool
) -> None:
    desk = SearchWorld()
    job = desk.index_job(desk.analyse(desk.upload()))
    put = MemorySearchIndex.put

    def cut_off(shelf: MemorySearchIndex, entry: IndexEntry) -> None:
        if applied:
            put(shelf, entry)
        raise TransientError("aws-unavailable", "DynamoDB did not answer.")

    with monkeypatch.context() as once:
        once.setattr(MemorySearchIndex, "put", cut_off)
        assert desk.deliver(job).ending is Ending.RETRYING
    assert len(index_files(desk)) == 3
    answer = desk.ask("stolen suitcases")
    assert (bool(answer.hits), answer.skipped) == (applied, ())
    desk.clock.advance(minutes=30)
    assert desk.deliver(job).ending is Ending.COMPLETED
    [entry] = desk.shelf.entries(ALICE)
    assert {*keys.index_files(entry.prefix)} <= set(index_files(desk))
    assert desk.ask("stolen suitcases").hits


def test_a_document_with_nothing_to_find_is_indexed_too() -> None:
    desk = SearchWorld()
    document = desk.index("# A\n")
    [entry] = desk.shelf.entries(ALICE)
    assert entry.document_id == document.document_id
    assert len(desk.ask("anything").hits) <= 1


def test_forgetting_a_document_removes_every_copy() -> None:
    desk = SearchWorld()
    gone, kept = desk.index(), desk.index()
    other = desk.index(owner=BOB)
    indexes = IndexRemover(desk.shelf, VectorsInFiles(), desk.files)
    assert indexes.forget(ALICE, gone.document_id) == 3
    assert indexes.forget(ALICE, gone.document_id) == 0
    assert not any(key.startswith(keys.index_prefix(gone.document_id)) for key in index_files(desk))
    assert [entry.document_id for entry in desk.shelf.entries(ALICE)] == [kept.document_id]
    assert [entry.document_id for entry in desk.shelf.entries(BOB)] == [other.document_id]
    assert {hit.document_id for hit in desk.ask("stolen suitcases").hits} == {kept.document_id}


def test_what_a_job_has_put_on_the_shelf_goes_with_the_job() -> None:
    desk = SearchWorld()
    document = desk.index()
    indexes = IndexRemover(desk.shelf, VectorsInFiles(), desk.files)
    [first] = desk.shelf.entries(ALICE)
    analysis, job = desk.job(first.source_job_id), desk.job(first.job_id)
    assert sorted(indexes.keys_of(job)) == sorted(index_files(desk))
    assert indexes.keys_of(analysis) == []
    assert indexes.forget_job(analysis) == 0
    newer = desk.index_again(document)
    assert indexes.keys_of(job) == []
    assert indexes.forget_job(job) == 0, "the index of a newer job stays"
    assert len(desk.shelf.entries(ALICE)) == 1
    assert indexes.forget_job(newer) == 3
    assert indexes.forget_job(newer) == 0
    assert desk.shelf.entries(ALICE) == []
    assert index_files(desk) == []


def test_the_entry_expires_with_its_job() -> None:
    desk = SearchWorld()
    document = desk.index()
    entry = desk.shelf.find(ALICE, document.document_id)
    assert entry is not None
    desk.shelf.put(replace(entry, expires_at=desk.clock() + timedelta(days=1)))
    desk.clock.advance(days=1)
    assert desk.shelf.entries(ALICE) == []


def test_the_tree_has_every_passage_and_summaries_out_of_the_text() -> None:
    desk = SearchWorld()
    document = desk.index()
    entry = desk.shelf.find(ALICE, document.document_id)
    assert entry is not None
    tree = json.loads(desk.files.get(f"{entry.prefix}tree.json"))
    passages = json.loads(desk.files.get(f"{entry.prefix}passages.json"))
    nodes = list(walk(tree))
    assert [node["title"] for node in nodes][1:] == ["Travel policy", "Luggage", "Cancellation", "Dogs"]
    assert {one for node in nodes for one in node["passages"]} == {passage[0] for passage in passages}
    assert [node["summary"] for node in nodes[2:]] == [
        "We pay for stolen suitcases up to CHF 2000.",
        "We refund the price of the holiday if you fall ill before you leave.",
        "Kennel costs are paid for ten days.",
    ]


def walk(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(below for child in node["children"] for below in walk(child))]


def test_a_newer_entry_is_told_from_an_older_one() -> None:
    desk = SearchWorld()
    document = desk.index()
    entry = desk.shelf.find(ALICE, document.document_id)
    assert entry is not None
    with pytest.raises(SupersededError):
        desk.shelf.put(replace(entry, source_job_id="0"))
    assert desk.index_job(desk.job(entry.source_job_id)).status is Status.COMPLETED
