"""What a seeding writes, leaves alone and removes, against the fake Directus over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.errors import PROBLEM_BASE
from shared.findings.model import ResultTree
from shared.jobs.model import Job, Status
from shared.jobs.runner import Ending
from tests.support.fakes.directus_server import DirectusServer, Fault, Row
from tests.support.fakes.directus_writes import WriteRefusedError
from tests.support.worlds.seeding import PRODUCT, SeedingWorld, finding, orphans, small_tree, without_dates

SEGMENT, BENEFIT, LIMIT = "insurance_dcm_segment", "insurance_dcm_benefit", "insurance_dcm_limit"
WRITES = {"POST", "PATCH", "DELETE"}


def ended(job: Job) -> dict[str, Any]:
    assert job.status is Status.COMPLETED, (job.error, job.message)
    assert job.result is not None
    return dict(job.result)


def writes(server: DirectusServer) -> list[tuple[str, str]]:
    return [
        (method, path) for method, path in server.requests if path.startswith("/items") and method in WRITES
    ]


def only(server: DirectusServer, collection: str) -> Row:
    (row,) = server.tables[collection].values()
    return row


def test_findings_become_rows_below_the_product(world: SeedingWorld, server: DirectusServer) -> None:
    job = world.run(small_tree(500))
    result = ended(job)
    assert (result["seeding"], result["seeding_success"]) == ("verified", True)
    assert result["seeded"] == {
        "create": 5,
        "update": 0,
        "delete": 0,
        "kept_validated": 0,
        "rows": {
            "insurance_dcm_segment": 1,
            "insurance_dcm_benefit": 1,
            "insurance_dcm_limit": 1,
            "insurance_dcm_condition": 1,
            "insurance_dcm_exclusion": 1,
        },
    }
    segment, benefit, limit = (only(server, name) for name in (SEGMENT, BENEFIT, LIMIT))
    assert segment["dcm_product"] == PRODUCT
    assert (benefit["insurance_dcm_segment"], benefit["actual_value"]) == (segment["id"], "100")
    assert limit == {
        "id": limit["id"],
        "limit_name": "amount",
        "limit_value": 500,
        "limit_unit": "CHF",
        "status": "published",
        "description": None,
        "taxonomy_item_relationship": "r-amount",
        "document_reference": "AVB, p. 1",
        "section_reference": None,
        "full_text_part": "We grant amount.",
        "llm_summary": None,
        "extraction_date": "2026-11-21T12:00:00.000Z",
        "validated_by_human": False,
        "dcm_product": PRODUCT,
        "insurance_dcm_segment": segment["id"],
        "insurance_dcm_benefit": benefit["id"],
    }
    assert only(server, "insurance_dcm_exclusion")["insurance_dcm_segment"] is None


def test_the_same_again_writes_nothing(world: SeedingWorld, server: DirectusServer) -> None:
    world.run(small_tree(500, 800))
    before = world.rows()
    server.requests.clear()
    result = ended(world.run(small_tree(500, 800)))
    assert result["seeding_success"] is True
    assert writes(server) == []
    assert world.rows() == before


def test_only_changed_fields_are_written(world: SeedingWorld, server: DirectusServer) -> None:
    world.run(small_tree(500))
    server.tables[LIMIT][only(server, LIMIT)["id"]]["customers_own_field"] = "kept"
    world.clock.advance(days=1)
    result = ended(world.run(small_tree(700)))
    assert (result["seeded"]["create"], result["seeded"]["update"]) == (0, 1)
    limit = only(server, LIMIT)
    assert (limit["limit_value"], limit["customers_own_field"]) == (700, "kept")
    assert limit["extraction_date"] > only(server, SEGMENT)["extraction_date"]


def test_rows_no_longer_found_go(world: SeedingWorld, server: DirectusServer) -> None:
    world.run(small_tree(500, 800))
    other = world.run(small_tree(500, segment="health"))
    assert ended(other)["seeded"]["delete"] == 5
    assert without_dates(world.rows()) == without_dates(world.wanted(other))


def test_rows_of_other_products_stay(world: SeedingWorld, server: DirectusServer) -> None:
    server.add("dcm_product", {"id": "p2"})
    server.add(SEGMENT, {"id": "s2", "dcm_product": "p2", "segment_name": "x"})
    world.run(small_tree(500))
    world.run(ResultTree())
    assert server.ids(SEGMENT) == ["s2"]


def test_validated_rows_are_left_alone_and_counted(world: SeedingWorld, server: DirectusServer) -> None:
    world.run(small_tree(500))
    server.tables[LIMIT][only(server, LIMIT)["id"]].update(validated_by_human=True, limit_value=501)
    result = ended(world.run(small_tree(700)))
    assert (result["seeding_success"], result["seeded"]["kept_validated"]) == (True, 1)
    assert only(server, LIMIT)["limit_value"] == 501


def test_validated_rows_keep_their_ancestors(world: SeedingWorld, server: DirectusServer) -> None:
    world.run(small_tree(500))
    server.tables[LIMIT][only(server, LIMIT)["id"]]["validated_by_human"] = True
    result = ended(world.run(ResultTree()))
    assert result["seeding_success"] is True
    assert {name: len(rows) for name, rows in world.rows().items() if rows} == {
        SEGMENT: 1,
        BENEFIT: 1,
        LIMIT: 1,
    }
    assert orphans(world.rows()) == []


def test_what_is_missing_is_mended_by_the_next_one(world: SeedingWorld, server: DirectusServer) -> None:
    job = world.run(small_tree(500, 800))
    for limit in server.ids(LIMIT):
        del server.tables[LIMIT][limit]
    assert ended(world.run(small_tree(500, 800)))["seeded"]["create"] == 2
    assert without_dates(world.rows()) == without_dates(world.wanted(job))


def test_what_changes_during_the_seeding_is_mended_before_it_counts(
    world: SeedingWorld, server: DirectusServer
) -> None:
    def meddle(method: str, path: str) -> None:
        if (method, path) == ("POST", f"/items/{LIMIT}"):
            server.after = lambda _method, _path: None
            del server.tables[LIMIT][server.ids(LIMIT)[0]]

    server.after = meddle
    job = world.run(small_tree(500, 800))
    assert ended(job)["seeded"]["create"] == 7
    assert without_dates(world.rows()) == without_dates(world.wanted(job))


def test_rows_that_never_stay_are_no_success(world: SeedingWorld, server: DirectusServer) -> None:
    def forget(method: str, path: str) -> None:
        if (method, path) == ("POST", f"/items/{LIMIT}"):
            server.tables[LIMIT].clear()

    server.after = forget
    job = world.submit(small_tree(500))
    outcome = world.deliver(job)
    assert outcome.ending is Ending.RETRYING
    assert "Seeding incomplete" in world.job(job).message


def test_dry_run_returns_what_would_be_written_and_writes_nothing(
    world: SeedingWorld, server: DirectusServer
) -> None:
    world.run(small_tree(500, 800))
    before = world.rows()
    server.requests.clear()
    job = world.run(small_tree(700), dry_run_directus=True)
    result = ended(job)
    assert (result["seeding"], result["seeding_success"]) == ("dry_run", False)
    assert writes(server) == []
    assert world.rows() == before
    assert world.leases._leases.keys() == {f"http://directus.invalid#{PRODUCT}"}
    would = json.loads(world.files.get(job.artifacts["seeding.json"].key))
    real = world.run(small_tree(700))
    counts = {name: sum(map(len, would[name].values())) for name in ("create", "update", "delete")}
    assert (
        counts
        == {name: ended(real)["seeded"][name] for name in counts}
        == {"create": 0, "update": 1, "delete": 1}
    )
    (update,) = would["update"][LIMIT]
    row = only(server, LIMIT)
    assert {name: row[name] for name in update if name != "extraction_date"} == {
        name: value for name, value in update.items() if name != "extraction_date"
    }


def test_nothing_is_read_or_written_unless_asked_for(world: SeedingWorld, server: DirectusServer) -> None:
    result = ended(world.run(small_tree(500), seed_directus=False))
    assert result == {"seeding": "not_requested", "seeding_success": False, "warnings": []}
    assert server.requests == []


def test_a_refused_row_is_named_and_the_product_is_as_before(
    world: SeedingWorld, server: DirectusServer
) -> None:
    world.run(small_tree(500))
    before = world.rows()

    def check(_collection: str, row: Row) -> None:
        if row.get("limit_value") == 13:
            raise WriteRefusedError("FAILED_VALIDATION", 'Validation failed for field "limit_value": 13.')

    server.check = check
    job = world.run(small_tree(10, 11, 12, 13, 14, segment="health"))
    assert job.status is Status.FAILED
    assert job.result is None
    assert job.error is not None
    assert job.error["type"] == f"{PROBLEM_BASE}seeding-rejected"
    assert job.error["detail"] == (
        "Directus refuses to create 'amount' in insurance_dcm_limit: FAILED_VALIDATION (field limit_value)"
    )
    assert world.rows() == before
    server.check = lambda _collection, _row: None
    # The product is free at once for the next one.
    again = world.submit(small_tree(900))
    assert world.deliver(again).ending is Ending.COMPLETED


def test_a_row_that_exists_elsewhere_is_a_clear_error(world: SeedingWorld, server: DirectusServer) -> None:
    job = world.run(small_tree(500))
    server.add("dcm_product", {"id": "p2"})
    only(server, SEGMENT)["dcm_product"] = "p2"
    failed = world.run(small_tree(500))
    assert failed.status is Status.FAILED
    assert "RECORD_NOT_UNIQUE" in (failed.error or {})["detail"]
    assert job.status is Status.COMPLETED


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=429, code="REQUESTS_EXCEEDED", retry_after="5"),
        Fault(status=503),
        Fault(drop=True),
        Fault(method="POST", path="/items", drop_after=True),
        Fault(method="PATCH", path="/items", drop_after=True),
        Fault(method="DELETE", path="/items", drop_after=True),
        Fault(path="/items", status=500),
    ],
    ids=str,
)
def test_interruptions_lose_and_double_nothing(
    world: SeedingWorld, server: DirectusServer, fault: Fault
) -> None:
    world.run(small_tree(500, 800))
    job = world.submit(small_tree(700, segment="health"))
    server.fail(fault)
    assert fault.method == "PATCH" or world.deliver(job).ending is Ending.RETRYING
    done = world.drain(job)
    assert ended(done)["seeding_success"] is True
    assert without_dates(world.rows()) == without_dates(world.wanted(done))


def test_wait_that_directus_asks_for_reaches_the_job(world: SeedingWorld, server: DirectusServer) -> None:
    job = world.submit(small_tree(500))
    server.fail(Fault(method="POST", path="/items", status=429, retry_after="77"))
    world.deliver(job)
    waits = world.job(job).not_before
    assert waits is not None
    assert (waits - world.clock()).total_seconds() == 77


@pytest.mark.parametrize("params", [{"product_id": ""}, {"product_id": "p9"}])
def test_a_product_is_needed(world: SeedingWorld, params: dict[str, str]) -> None:
    job = world.run(small_tree(500), **params)
    assert job.status is Status.FAILED
    assert (job.error or {})["stage"] == "plan_seeding"


def test_limits_that_do_not_fit_are_left_out_with_a_warning(
    world: SeedingWorld, server: DirectusServer
) -> None:
    tree = ResultTree(
        (finding("luggage", limits=(finding("a", 1e15, "CHF"), finding("b", None, "unlimited"))),)
    )
    result = ended(world.run(tree))
    assert result["seeding_success"] is True
    assert len(result["warnings"]) == 1
    assert "'a' on page 1" in result["warnings"][0]
    assert (only(server, LIMIT)["limit_value"], only(server, LIMIT)["limit_unit"]) == (None, "unlimited")
