"""What an analysis lets be read of its document, and how it is taken back."""

from __future__ import annotations

from functools import partial

import pytest

from functions.analyze.document.codec import document_from_dict
from shared.clock import utc_now
from shared.files import keys
from shared.jobs import states
from shared.jobs.model import Status
from shared.jobs.runner import Ending
from shared.jobs.store import edit
from shared.memory.files import sha256_of
from tests.support.builders.pdfs import Sheet, write_pdf
from tests.support.worlds.analysis import POLICY, PublishingWorld


def test_what_was_understood_is_in_the_record_and_beside_the_document() -> None:
    world = PublishingWorld()
    job = world.run(text=POLICY)
    said = world.extraction
    assert (said.job_id, said.media_type, said.page_count) == (job.job_id, "text/markdown", 1)
    assert (said.language, said.headings, said.chunk_size) == ("en", 2, 800)
    document = document_from_dict(world.read(keys.extracted_document(said.prefix)))
    chunks = world.read(keys.chunks(said.prefix))
    assert (len(document.pages), len(chunks)) == (said.page_count, said.chunks)
    assert said.prefix == f"documents/d1/understood/{job.job_id}.1/"
    assert job.result is not None
    assert job.result["chunks"] == said.chunks


def test_a_page_says_all_that_was_found_on_it() -> None:
    world = PublishingWorld()
    world.run(text=POLICY)
    (page,) = world.read(keys.pages(world.extraction.prefix, 1))
    text = page["text"]
    assert [(one["level"], one["text"]) for one in page["headings"]] == [(1, "Fire"), (2, "War")]
    (table,) = page["tables"]
    assert [row["cells"] for row in table["rows"]] == [
        ["Item", "Amount"],
        ["glass", "500"],
        ["smoke", "900"],
    ]
    assert [row["header"] for row in table["rows"]] == [True, False, False]
    for row in table["rows"]:
        assert text[row["start"] : row["end"]].split("\t") == row["cells"]
    for block in page["blocks"]:
        assert text[block["start"] : block["end"]].strip()
    assert (page["number"], page["language"], page["scanned"]) == (1, "en", False)
    assert (page["width"], page["height"], page["words"]) == (None, None, [])


def test_pages_lie_ten_to_a_file() -> None:
    world = PublishingWorld()
    world.run(text="\n\n".join(f"Clause {number}: " + "we pay for fire " * 20 for number in range(200)))
    said = world.extraction
    assert said.page_count > 20
    numbers = [
        page["number"]
        for first in range(1, said.page_count + 1, keys.PAGES_PER_FILE)
        for page in world.read(keys.pages(said.prefix, first))
    ]
    assert numbers == list(range(1, said.page_count + 1))
    assert keys.pages(said.prefix, 10) == keys.pages(said.prefix, 1) != keys.pages(said.prefix, 11)


def test_it_can_be_read_while_the_analysis_goes_on() -> None:
    world = PublishingWorld()
    job = world.submit(text=POLICY)
    world.deliver_until(job, "publish")
    assert world.extraction.job_id == job.job_id
    published = world.extraction
    assert world.deliver(job).ending is Ending.COMPLETED
    assert world.extraction == published


def test_nothing_is_published_twice_where_the_work_goes_on_elsewhere() -> None:
    world = PublishingWorld()
    job = world.submit(text=POLICY)
    fences = []
    while True:
        ticks = iter([1000.0, 0.0])
        outcome = world.deliver(job, partial(next, ticks, 0.0))
        document = world.documents.get("d1")
        assert document is not None
        fences.append(document.latest_extraction.fence if document.latest_extraction else 0)
        if outcome.ending is not Ending.CONTINUED:
            break
    assert outcome.ending is Ending.COMPLETED
    assert len(set(fences)) == 2
    assert len(world.documents._readings["d1"]) == 1


def test_a_cancelled_analysis_takes_back_what_it_published_and_no_more() -> None:
    world = PublishingWorld()
    kept = world.run(text=POLICY)
    job = world.submit(text=POLICY)
    world.deliver_until(job, "publish")
    assert world.extraction.job_id == job.job_id
    edit(world.jobs, job.job_id, lambda j: states.request_cancel(j, utc_now(), "u1"))
    assert world.deliver(job).ending is Ending.CANCELLED
    assert world.extraction.job_id == kept.job_id
    assert not world.below(f"documents/d1/understood/{job.job_id}")
    assert world.read(keys.extracted_document(world.extraction.prefix))


def test_a_job_that_never_began_can_be_cancelled() -> None:
    world = PublishingWorld()
    job = world.submit(text=POLICY)
    edit(world.jobs, job.job_id, lambda j: states.request_cancel(j, utc_now(), "u1"))
    assert world.deliver(job).ending is Ending.CANCELLED


def test_a_late_worker_leaves_neither_record_nor_files() -> None:
    world = PublishingWorld()
    job = world.submit(text=POLICY)

    def overtake(operation: str) -> None:
        if operation == "documents.publish":
            world.documents.fault = lambda _operation: None
            edit(world.jobs, job.job_id, lambda j: states.unlock(j, utc_now(), "root"))

    world.documents.fault = overtake
    assert world.deliver(job).ending is Ending.FENCED
    assert not world.below("documents/d1/understood/")
    assert world.deliver(job).ending is Ending.COMPLETED
    # An operator's unlocking raises the fence, and taking the job over raises it again.
    assert world.extraction.fence == 3


@pytest.mark.parametrize("removed", [False, True], ids=["marked", "removed"])
def test_a_document_deleted_meanwhile_ends_the_job_with_the_reason(removed: bool) -> None:
    world = PublishingWorld()
    job = world.submit(text=POLICY)

    def delete(operation: str) -> None:
        if operation == "documents.publish":
            world.documents.fault = lambda _operation: None
            world.documents.begin_deletion("d1", utc_now())
            if removed:
                world.documents.delete("d1")

    world.documents.fault = delete
    ended = world.deliver(job).job
    assert ended is not None
    assert ended.status is Status.FAILED
    assert ended.error is not None
    assert ended.error["type"].endswith(":document-deleted")
    assert not world.below("documents/d1/understood/")


def test_other_settings_are_another_recipe() -> None:
    recipes = []
    for params in ({}, {"chunk_size": 200}, {"language": "fr"}):
        world = PublishingWorld()
        world.run(text=POLICY, **params)
        recipes.append(world.extraction.recipe)
    assert recipes[0] == recipes[1] != recipes[2]


@pytest.mark.parametrize(
    ("kind", "index", "follow_ups"),
    [
        ("pdf", True, ["images", "index"]),
        ("pdf", False, ["images"]),
        ("md", True, ["index"]),
        ("md", False, []),
    ],
)
def test_pictures_follow_where_pages_have_a_look(kind: str, index: bool, follow_ups: list[str]) -> None:
    world = PublishingWorld()
    data = write_pdf(Sheet().text(50, 100, "We pay for fire.")) if kind == "pdf" else POLICY.encode()
    media_type = {"pdf": "application/pdf", "md": "text/markdown"}[kind]
    stored = world.files.put("documents/d1/original", data, media_type)
    pinned = {
        "document_version": stored.version_id,
        "document_sha256": sha256_of(iter([data])),
        "file_name": f"policy.{kind}",
        "media_type": media_type,
        "index": index,
    }
    job = world.run(**pinned)
    made = [
        one
        for one in map(world.jobs.get, world.jobs.by_subject(document_id="d1"))
        if one and one.is_follow_up
    ]
    assert sorted(name for one in made for name in one.params["outputs"]) == follow_ups
    for one in made:
        assert one.params["extraction"] == world.extraction.prefix
        assert one.source_job_id == job.job_id
