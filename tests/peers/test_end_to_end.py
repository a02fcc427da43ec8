"""The whole way with a real Directus: a product in, its rows out, a cleanup that leaves nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from functions.analyze.seeding.rows import Origin, build
from infra.directus.ids import model_id
from infra.directus.products import TRAVEL
from infra.local.stack import LocalStack
from shared.directus.rows import BENEFITS, PARENTS_FIRST, SEGMENTS
from shared.findings.model import from_tree
from tests.peers.directus import DirectusServer
from tests.peers.rows import LIMITS, validated
from tests.support.paths import SAMPLES
from tests.support.stack.api import TERMINAL, bearer, wait

Rows = dict[str, dict[str, dict[str, Any]]]
A_LIMIT = "segments/0/benefits/0/limits/0"
OWN_FIELDS = {"extraction_date"}


@pytest.fixture(scope="module")
def api(directus_stack: LocalStack, directus_server: DirectusServer) -> Iterator[httpx.Client]:
    """Return a client of Directus's administrator, through the gateway."""
    headers = bearer(directus_server.login())
    with httpx.Client(base_url=directus_stack.gateway_url, headers=headers, timeout=60) as client:
        yield client


def documents() -> list[str]:
    """Name a sample, and the real documents where there are any."""
    folder = os.environ.get("EVALUATION_DIR")
    real = sorted(path.name for path in Path(folder, "documents").glob("*.pdf")) if folder else []
    return ["sample", *real[:1]]


def product(server: DirectusServer, document: str) -> str:
    """Return a new product: the sample's text, or a real document's as an attached file."""
    common = {"domain_context_model": model_id(TRAVEL.taxonomy), "document_reference": document}
    if document == "sample":
        text = (SAMPLES / "small.txt").read_text()
        return server.add_product(full_text_part=text, **common)
    content = Path(os.environ["EVALUATION_DIR"], "documents", document).read_bytes()
    return server.add_product(document_file=attached(server, document, content), **common)


def attached(server: DirectusServer, name: str, content: bytes) -> str:
    """Store a file in Directus and return its id."""
    answer = httpx.post(
        f"{server.url}/files",
        headers=bearer(server.admin_token),
        files={"file": (name, content, "application/pdf")},
        timeout=60,
    )
    return str(answer.raise_for_status().json()["data"]["id"])


def rows_of(server: DirectusServer, product_id: str) -> Rows:
    """Return every row that hangs on a product, by collection and id."""
    of_product = {"dcm_product": {"_eq": product_id}}
    where = {BENEFITS: {SEGMENTS: of_product}}
    return {
        name: {row["id"]: row for row in server.rows(name, where.get(name, of_product))}
        for name in PARENTS_FIRST
    }


def count(rows: Rows) -> dict[str, int]:
    return {name: len(found) for name, found in rows.items()}


def submit(api: httpx.Client, path: str, **body: Any) -> str:
    answer = api.post(f"/jobs/{path}", json=body)
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    return str(answer.json()["job_id"])


def seed(api: httpx.Client, product_id: str) -> Mapping[str, Any]:
    """Analyse and seed a product; return its job once it has ended well."""
    job = wait(api, submit(api, "analysis", product_id=product_id, seed_directus=True))
    assert job["status"] == "completed", job["error"]
    assert job["result"]["seeding"] == "verified"
    assert job["result"]["seeding_success"] is True
    return job


def same_value(stored: Any, wanted: Any) -> bool:
    """Compare as Directus stores: an empty text may come back as null, a decimal as text."""
    if isinstance(wanted, float) and stored is not None:
        return float(stored) == wanted
    return (stored or None) == (wanted or None)


@pytest.mark.parametrize("document", documents())
def test_rows_are_what_the_analysis_found_and_a_cleanup_leaves_none(
    api: httpx.Client, directus_server: DirectusServer, document: str
) -> None:
    product_id = product(directus_server, document)
    job = seed(api, product_id)
    tree = from_tree(api.get(f"/jobs/{job['job_id']}/result").raise_for_status().json())
    wanted = build(tree, Origin(product_id, document, "")).rows
    stored = rows_of(directus_server, product_id)
    assert count(stored) == count(wanted)
    assert len(stored[SEGMENTS]) == job["result"]["num_segments"] > 0
    for collection, rows in wanted.items():
        for row_id, row in rows.items():
            found = stored[collection][row_id]
            differing = {
                name: (found[name], value)
                for name, value in row.items()
                if name not in OWN_FIELDS and not same_value(found[name], value)
            }
            assert differing == {}
            assert found["validated_by_human"] is False
            assert found["extraction_date"]
    cleaned = wait(api, submit(api, "cleanup", product_id=product_id))
    assert cleaned["result"]["success"] is True, cleaned
    assert sum(count(rows_of(directus_server, product_id)).values()) == 0
    assert directus_server.rows("dcm_product", {"id": {"_eq": product_id}})


def test_seeding_again_and_at_once_makes_no_duplicate(
    api: httpx.Client, directus_server: DirectusServer
) -> None:
    product_id = product(directus_server, "sample")
    seed(api, product_id)
    first = rows_of(directus_server, product_id)
    seed(api, product_id)
    assert set_of_ids(rows_of(directus_server, product_id)) == set_of_ids(first)
    both = [submit(api, "analysis", product_id=product_id, seed_directus=True) for _ in range(2)]
    for job_id in both:
        ended = wait(api, job_id)
        assert ended["status"] == "completed", ended["error"]
        assert ended["result"]["seeding_success"] is True
    assert set_of_ids(rows_of(directus_server, product_id)) == set_of_ids(first)


def test_a_cleanup_beside_a_seeding_never_mixes_with_it(
    api: httpx.Client, directus_server: DirectusServer
) -> None:
    product_id = product(directus_server, "sample")
    seeding = submit(api, "analysis", product_id=product_id, seed_directus=True)
    cleanup = submit(api, "cleanup", product_id=product_id)
    ended, cleaned = wait(api, seeding), wait(api, cleanup)
    assert ended["status"] == "completed", ended["error"]
    assert cleaned["status"] == "completed", cleaned["error"]
    left = count(rows_of(directus_server, product_id))
    # Whichever came last decides; a part of the rows would be neither.
    assert left[SEGMENTS] in {0, ended["result"]["num_segments"]}
    if left[SEGMENTS] == 0:
        assert sum(left.values()) == 0
    again = wait(api, submit(api, "cleanup", product_id=product_id))
    assert again["result"]["success"] is True
    assert sum(count(rows_of(directus_server, product_id)).values()) == 0


def test_a_cancelled_seeding_leaves_the_rows_of_the_one_before(
    api: httpx.Client, directus_server: DirectusServer
) -> None:
    product_id = product(directus_server, "sample")
    seed(api, product_id)
    segment = next(iter(rows_of(directus_server, product_id)[SEGMENTS].values()))
    directus_server.rest.patch(f"/items/{SEGMENTS}/{segment['id']}", {"description": "edited by hand"})
    before = rows_of(directus_server, product_id)
    job_id = submit(api, "analysis", product_id=product_id, seed_directus=True)
    while (job := api.get(f"/jobs/{job_id}").json())["status"] not in TERMINAL:
        if job["current_stage"] in {"details", "seed"}:
            api.post(f"/jobs/{job_id}/cancel")
            break
        time.sleep(0.02)
    ended = wait(api, job_id)
    after = rows_of(directus_server, product_id)
    if ended["status"] == "cancelled":
        assert after == before
    else:
        # The seeding was faster than the request.
        assert ended["status"] == "completed"
        assert set_of_ids(after) == set_of_ids(before)


def test_an_accepted_row_outlives_seedings_and_cleanups(
    api: httpx.Client, directus_server: DirectusServer
) -> None:
    product_id = product(directus_server, "sample")
    address = f"/jobs/{seed(api, product_id)['job_id']}/findings/{A_LIMIT}/review"
    said = api.post(address, json={"verdict": "accepted", "note": "Seen."}).raise_for_status().json()
    assert said["mirrored"] == "yes"
    (row,) = validated(directus_server, product_id)
    directus_server.rest.patch(f"/items/{LIMITS}/{row['id']}", {"description": "edited by hand"})
    again = seed(api, product_id)
    assert again["result"]["seeded"]["kept_validated"] == 1
    assert rows_of(directus_server, product_id)[LIMITS][row["id"]]["description"] == "edited by hand"

    cleaned = wait(api, submit(api, "cleanup", product_id=product_id))["result"]
    assert (cleaned["success"], cleaned["kept_validated"]) == (True, 1)
    # What the row hangs on is left, too.
    left = rows_of(directus_server, product_id)
    assert {name: len(rows) for name, rows in left.items() if rows} == {SEGMENTS: 1, BENEFITS: 1, LIMITS: 1}

    # A job whose files a cleanup removed has no findings to speak of.
    assert api.delete(address).status_code == httpx.codes.NOT_FOUND


def test_a_word_that_is_taken_back_protects_nothing(
    api: httpx.Client, directus_server: DirectusServer
) -> None:
    product_id = product(directus_server, "sample")
    address = f"/jobs/{seed(api, product_id)['job_id']}/findings/{A_LIMIT}/review"
    for verdict, count_of in (("accepted", 1), ("rejected", 0), ("accepted", 1)):
        said = api.post(address, json={"verdict": verdict}).raise_for_status().json()
        assert said["mirrored"] == "yes"
        assert len(validated(directus_server, product_id)) == count_of
    assert api.delete(address).raise_for_status().json() == {"reviews": []}
    assert validated(directus_server, product_id) == []
    cleaned = wait(api, submit(api, "cleanup", product_id=product_id))["result"]
    assert (cleaned["success"], cleaned["kept_validated"]) == (True, 0)
    assert not any(rows_of(directus_server, product_id).values())


def test_a_dry_run_tells_what_would_be_written_and_writes_nothing(
    api: httpx.Client, directus_server: DirectusServer
) -> None:
    product_id = product(directus_server, "sample")
    body = {"product_id": product_id, "dry_run_directus": True, "seed_directus": True}
    job = wait(api, submit(api, "analysis", **body))
    assert job["status"] == "completed", job["error"]
    assert (job["result"]["seeding"], job["result"]["seeding_success"]) == ("dry_run", False)
    link = api.get(f"/jobs/{job['job_id']}/artifacts/seeding.json").headers["location"]
    shown = httpx.get(link).raise_for_status().json()
    assert shown
    assert sum(count(rows_of(directus_server, product_id)).values()) == 0


def set_of_ids(rows: Rows) -> set[tuple[str, str]]:
    return {(name, row_id) for name, found in rows.items() for row_id in found}
