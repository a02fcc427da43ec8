"""The demo with Directus: a product in, its rows in Directus out, then a cleanup that leaves none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from infra.demo_calls import read_json, say, watch
from infra.directus.products import HOUSEHOLD, TRAVEL
from infra.directus.rest import ALL, Rest, Row
from infra.directus.server import Server
from infra.local.errors import LocalError

SHOWN = 5
OF_PRODUCT = {"dcm_product": {"_eq": TRAVEL.product_id}}
# The collections with the filter that finds a product's rows, and the field that says what a row is.
COLLECTIONS: Mapping[str, tuple[Mapping[str, Any], tuple[str, ...]]] = {
    "insurance_dcm_segment": (OF_PRODUCT, ("segment_name", "section_reference")),
    "insurance_dcm_benefit": (
        {"insurance_dcm_segment": OF_PRODUCT},
        ("benefit_name", "actual_value", "unit", "section_reference"),
    ),
    "insurance_dcm_limit": (OF_PRODUCT, ("limit_name", "limit_value", "limit_unit", "section_reference")),
    "insurance_dcm_condition": (OF_PRODUCT, ("condition_name", "section_reference")),
    "insurance_dcm_exclusion": (OF_PRODUCT, ("exclusion_name", "section_reference")),
}


def show(url: str, directus: Server) -> None:
    """Analyse and seed a sample product, show its rows, clean up; raises LocalError where rows are amiss."""
    token = login(directus)
    headers = {"Authorization": f"Bearer {token}"}
    with (
        httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as api,
        Rest(directus.url, token) as rest,
    ):
        say(f"\nAnalysing product {TRAVEL.product_id} ({TRAVEL.name}) of {directus.url}")
        analysis = {"product_id": TRAVEL.product_id, "seed_directus": True}
        result = _run(api, "/jobs/analysis", analysis)
        for name in ("num_segments", "num_benefits", "num_limits", "seeding_success"):
            say(f"{name:16} {str(result[name]).lower()}")
        say("\nIn Directus now:")
        rows = _rows(rest)
        for collection, found in rows.items():
            _print_rows(collection, found)
        if not result["seeding_success"] or not all(rows[name] for name in list(COLLECTIONS)[:3]):
            raise LocalError("the rows of the analysis are not in Directus")

        say("\nCleaning up")
        cleaned = _run(api, "/jobs/cleanup", {"product_id": TRAVEL.product_id})
        left = sum(len(found) for found in _rows(rest).values())
        say(f"success          {str(cleaned['success']).lower()}\nrows left        {left}")
        if left or not cleaned["success"]:
            raise LocalError("the cleanup left rows in Directus")


def login(directus: Server) -> str:
    """Return an access token that Directus issues to its administrator."""
    body = {"email": directus.credentials.admin_email, "password": directus.credentials.admin_password}
    answer = httpx.post(f"{directus.url}/auth/login", json=body, timeout=30, trust_env=False)
    return str(read_json(answer)["data"]["access_token"])


def hint(url: str, directus: Server) -> str:
    """Say how to sign in as the administrator of the local Directus."""
    credentials = directus.credentials
    return f"""\
Sign in to the console with Directus, or paste these lines:

  E-mail    {credentials.admin_email}
  Password  {credentials.admin_password}

  .venv/bin/clauseworks --url {url} login --email {credentials.admin_email}
  .venv/bin/clauseworks products
  .venv/bin/clauseworks analyze {HOUSEHOLD.product_id} --seed --watch
"""


def _run(api: httpx.Client, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Submit a job, watch it and return its result; raises LocalError where it does not complete."""
    job_id = str(read_json(api.post(path, json=body))["job_id"])
    say(f"Job {job_id} accepted\n")
    job = watch(api, job_id)
    say("")
    result: Mapping[str, Any] | None = job["result"]
    if job["status"] != "completed" or result is None:
        raise LocalError(f"the job ended as {job['status']}: {(job.get('error') or {}).get('detail')}")
    return result


def _rows(rest: Rest) -> dict[str, list[Row]]:
    """Return the product's rows by collection, over Directus's REST interface."""
    return {
        name: rest.search(f"/items/{name}", {"filter": where, "fields": list(fields), "limit": int(ALL)})
        for name, (where, fields) in COLLECTIONS.items()
    }


def _print_rows(collection: str, rows: list[Row]) -> None:
    say(f"  {collection:24} {len(rows):4} rows")
    for row in rows[:SHOWN]:
        # The last heading of the section is enough here.
        values = [str(value).rpartition(" > ")[2] for value in row.values() if value not in {None, ""}]
        say("    " + " · ".join(values))
    if len(rows) > SHOWN:
        say("    ...")
