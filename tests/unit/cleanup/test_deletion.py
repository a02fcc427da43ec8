"""A deleted document goes with every copy of it, wherever its removal is interrupted."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from shared.documents.extractions import forget, keys_of
from shared.documents.model import DELETION_DELAY, REMOVAL_DELAY, DocumentRecord, Extraction
from shared.errors import TransientError
from shared.jobs import states
from shared.jobs.model import Job, Kind
from shared.jobs.store import Idempotency
from shared.search.index import IndexEntry, IndexRemover, VectorsInFiles
from tests.support.memory.search_index import MemorySearchIndex
from tests.support.worlds.cleanup import ALICE, BOB, LEASE, RETENTION, CleanupWorld, nothing_left, run


def understood(world: CleanupWorld, document: DocumentRecord, job: Job, **fields: str) -> Extraction:
    """Have a job publish what it has understood, with its files."""
    said = Extraction(
        document.document_id, job.job_id, 1, world.now, fields.get("sha256", "00"), "text/plain", "r", 12
    )
    world.documents.publish(said, document if document.product_id else None)
    for key in (*keys_of(said), f"{said.prefix}images/000001.png"):
        world.files.put(key, b"{}", "application/json")
    return said


def delete(world: CleanupWorld, document: DocumentRecord) -> None:
    world.documents.begin_deletion(document.document_id, world.now)
    world.now += DELETION_DELAY


def all_gone(world: CleanupWorld) -> bool:
    return nothing_left(world) and not (world.documents._documents or world.documents._readings)


def test_everything_goes(world: CleanupWorld) -> None:
    document = world.uploaded("d1")
    world.files.put(document.key, b"second version", "application/pdf")
    for owner in (ALICE, BOB):
        understood(world, document, world.analysed(owner, document_id="d1"))
    world.cleaned(document_id="d1", dry_run=True)
    delete(world, document)
    run(world, expired_documents=1)
    assert all_gone(world)
    run(world)


@pytest.mark.parametrize("expires", [False, True])
def test_it_leaves_every_shelf_that_it_stands_on(world: CleanupWorld, *, expires: bool) -> None:
    """Its owner's, and that of an administrator who had it analysed; the jobs stay where it just expires."""
    documents = [world.uploaded(name) for name in ("d1", "d2")]
    shelf = MemorySearchIndex(world.clock)
    for document in documents:
        for owner in (ALICE, BOB):
            analysis = world.analysed(owner, document_id=document.document_id)
            index = world.failed(
                world.submit(
                    Kind.OUTPUT, owner, document_id=document.document_id, source_job_id=analysis.job_id
                )
            )
            entry = IndexEntry(owner, document.document_id, index.job_id, 1, analysis.job_id, "m", 3)
            shelf.put(entry)
            world.files.put(f"{entry.prefix}tree.json", b"{}", "application/json")
    jobs = world.store.by_subject(document_id="d1")
    assert len(jobs) >= 4
    if expires:
        world.documents.put(replace(documents[0], expires_at=world.now))
        world.now += REMOVAL_DELAY
    else:
        delete(world, documents[0])
    indexes = IndexRemover(shelf, VectorsInFiles(), world.files)
    assert replace(world.expiry(), indexes=indexes).run().expired_documents == 1
    for owner in (ALICE, BOB):
        assert [entry.document_id for entry in shelf.entries(owner)] == ["d2"]
    assert [world.store.get(job_id) is not None for job_id in jobs] == [expires] * len(jobs)
    assert not [key for key in world.files.keys() if "/d1/" in key]  # noqa: SIM118


def test_not_before_the_indexes_know_of_every_job(world: CleanupWorld) -> None:
    document = world.uploaded("d1")
    world.documents.begin_deletion("d1", world.now)
    run(world)
    assert world.files.head(document.key) is not None


def test_other_documents_stay_whole(world: CleanupWorld) -> None:
    gone, kept = world.uploaded("d1"), world.uploaded("d2")
    jobs = {one.document_id: world.analysed(document_id=one.document_id) for one in (gone, kept)}
    said = {one.document_id: understood(world, one, jobs[one.document_id]) for one in (gone, kept)}
    before = [key for key in world.files.keys() if "/d1/" not in key and jobs["d1"].job_id not in key]  # noqa: SIM118
    delete(world, gone)
    run(world, expired_documents=1)
    assert world.files.keys() == before
    found = world.documents.get("d2")
    assert found is not None
    assert found.extractions == (said["d2"],)
    assert world.store.get(jobs["d2"].job_id) == jobs["d2"]


@pytest.mark.parametrize("position", range(1, 14))
def test_wherever_it_is_killed_the_next_run_ends_it(world: CleanupWorld, position: int) -> None:
    """Every call of a store is one after which the process may be gone."""
    document = world.uploaded("d1")
    for owner in (ALICE, BOB):
        understood(world, document, world.analysed(owner, document_id="d1"))
    delete(world, document)
    calls = 0

    def fault(name: str) -> None:
        nonlocal calls
        calls += 1
        if calls == position:
            raise TransientError("killed", name)

    world.store.fault = world.files.fault = world.documents.fault = fault
    with suppress(TransientError):
        world.expiry().run()
    assert calls >= position, "the removal has fewer calls: walk those"
    world.store.fault = world.files.fault = world.documents.fault = lambda _name: None
    if position < calls or world.documents.expired("d1") is not None:
        world.expiry().run()
    assert all_gone(world)


@pytest.mark.parametrize("ended", [False, True])
def test_it_waits_for_a_job_that_came_in_just_before(world: CleanupWorld, *, ended: bool) -> None:
    document = world.uploaded("d1")
    job = world.submit(Kind.ANALYSIS, document_id="d1")
    world.change(job, lambda j: states.take(j, world.now, "w", LEASE))
    delete(world, document)
    run(world, in_use=1)
    assert world.files.head(document.key) is not None
    if ended:
        world.change(job, lambda j: states.complete(j, 1, world.now, {}, {}))
        run(world, expired_documents=1)
        assert all_gone(world)


def test_a_product_s_document_goes_with_the_jobs_that_read_it_and_what_they_made(world: CleanupWorld) -> None:
    document = replace(world.uploaded("d1"), product_id="p1")
    readers = [world.submit(Kind.ANALYSIS, product_id="p1") for _ in range(2)]
    for job in readers:
        world.change(job, lambda j: states.take(j, world.now, "w", LEASE))
        understood(world, document, job)
        world.change(job, lambda j: states.complete(j, 1, world.now, {}, {}, {"index": {}}))
    for follow_up in filter(None, map(world.store.get, world.store.by_subject(product_id="p1"))):
        if not follow_up.status.terminal:
            world.failed(follow_up)
    other = world.analysed(product_id="p1")
    delete(world, document)
    run(world, expired_documents=1)
    assert world.documents.expired("d1") is None
    assert list(world.store._jobs) == [other.job_id]
    assert all(other.job_id in key for key in world.files.keys())  # noqa: SIM118


def test_an_expired_job_takes_with_it_what_it_has_understood(world: CleanupWorld) -> None:
    document = world.uploaded("d1")
    world.documents.put(replace(document, expires_at=None))
    first = world.analysed(document_id="d1")
    understood(world, document, first)
    world.now += RETENTION / 2
    second = understood(world, document, world.analysed(document_id="d1"))
    world.now += RETENTION / 2
    run(world, expired_jobs=1)
    found = world.documents.get("d1")
    assert found is not None
    assert found.extractions == (second,)
    assert not [key for key in world.files.keys() if first.job_id in key]  # noqa: SIM118


def test_a_product_s_document_ends_with_the_last_job_that_read_it(world: CleanupWorld) -> None:
    document = replace(world.uploaded("d1"), product_id="p1", expires_at=None)
    job = world.submit(Kind.ANALYSIS, product_id="p1")
    world.change(job, lambda j: states.take(j, world.now, "w", LEASE))
    understood(world, document, job)
    result = {"document_id": "d1"}
    world.change(job, lambda j: states.complete(j, 1, world.now, result, {}))
    world.now += RETENTION
    run(world, expired_jobs=1)
    assert not world.files.keys()
    world.now += DELETION_DELAY
    run(world, expired_documents=1)
    assert all_gone(world)


def read_product(world: CleanupWorld) -> tuple[DocumentRecord, Job]:
    """A product's document, and the completed job that has read it."""
    document = replace(world.uploaded("d1"), product_id="p1", expires_at=None)
    job = world.submit(Kind.ANALYSIS, product_id="p1")
    world.change(job, lambda j: states.take(j, world.now, "w", LEASE))
    understood(world, document, job)
    result = {"document_id": "d1"}
    return document, world.change(job, lambda j: states.complete(j, 1, world.now, result, {}))


@pytest.mark.parametrize("by_a_person", [False, True])
def test_only_a_person_s_deletion_takes_the_jobs_along(world: CleanupWorld, *, by_a_person: bool) -> None:
    """A cleanup of the product empties its document, whose record then goes without the jobs about it."""
    document, job = read_product(world)
    forget(world.documents, world.files, "d1", job.job_id, world.now)
    marked = world.documents.expired("d1")
    assert marked is not None
    assert marked.emptied
    if by_a_person:
        world.documents.begin_deletion("d1", world.now)
    world.now += DELETION_DELAY
    run(world, expired_documents=1)
    assert world.documents.expired("d1") is None
    assert not [key for key in world.files.keys() if key.startswith(document.prefix)]  # noqa: SIM118
    assert world.store.get(job.job_id) == (None if by_a_person else job)
    assert bool(world.files_of(job)) is False


def test_a_deletion_never_waits_for_a_backlog_of_what_has_expired(world: CleanupWorld) -> None:
    for _ in range(5):
        world.analysed()
    world.uploaded("d2")
    world.now += RETENTION + REMOVAL_DELAY
    deleted = world.uploaded("d1")
    delete(world, deleted)
    seconds = iter([50.0, 4.0])
    removed = world.expiry().run(lambda: next(seconds))
    assert (removed.expired_documents, removed.expired_jobs, removed.removal_cut_short) == (1, 0, 1)
    assert world.documents.expired("d1") is None
    assert world.files.head(deleted.key) is None
    run(world, expired_jobs=5, expired_documents=1)


def test_a_cleanup_takes_what_was_understood_and_counts_it(world: CleanupWorld) -> None:
    document = world.uploaded("d1")
    said = understood(world, document, world.analysed(document_id="d1"))
    would = world.result(document_id="d1", dry_run=True)["objects"]
    assert would == 2 + len(keys_of(said))
    done = world.result(document_id="d1")
    # The picture, and a file that nobody names, cannot be counted without listing.
    assert done["objects"] == would + 2
    found = world.documents.get("d1")
    assert found is not None
    assert found.extractions == ()
    assert world.files.head(document.key) is not None


def test_the_key_of_a_removed_job_is_free(world: CleanupWorld) -> None:
    document = world.uploaded("d1")
    key = Idempotency("k", "f1")
    job = Job("j1", Kind.ANALYSIS, ALICE, {"document_id": "d1"}, world.now, world.now)
    stored = world.store.create(states.submitted(job, "alice"), key)
    world.failed(stored)
    delete(world, document)
    run(world, expired_documents=1)
    assert world.store.earlier(Idempotency("k", "f2")) is None
