"""The console as people use it: in Chromium, on the local stack."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.stack import LocalStack
from shared.aws.dynamodb.jobs import DynamoJobs
from shared.clock import utc_now
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Job, Kind, Owner
from tests.support.browser import WAIT, Tab, new_tab
from tests.support.builders.pdfs import Sheet, write_pdf
from tests.support.paths import SAMPLES
from tests.support.stack.api import bearer, upload, wait

PAGES = 400
LINES = ["Nothing of any interest to an insurer stands on this page of the document."] * 6
TERMS = b"# Travel cover\n\n## Baggage\n\nWe pay up to GBP 800 for lost baggage, each person.\n"


@pytest.fixture(scope="module")
def long_document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("long") / "long.pdf"
    file.write_bytes(write_pdf(*(Sheet().lines(50, 60, f"Page {n}", *LINES, step=17) for n in range(PAGES))))
    return file


def analysed(server_url: str, token: str, name: str, data: bytes) -> str:
    """Analyse a document by the API; return the job's id."""
    with httpx.Client(base_url=server_url, headers=bearer(token), timeout=60, trust_env=False) as api:
        job_id = str(upload(api, name, data)["job_id"])
        ended = wait(api, job_id)
        assert ended["status"] == "completed", ended["error"]
    return job_id


def test_from_a_file_to_the_passage_that_proves_a_finding(tab: Tab, user: str) -> None:
    page = tab.page
    tab.sign_in(user)
    page.get_by_text("No jobs yet.").wait_for()
    tab.analyse(SAMPLES / "helvora-en.pdf")
    limit = page.get_by_role("button", name=re.compile("^limit")).first
    limit.wait_for()
    assert page.get_by_role("status").filter(has_text=re.compile(r"^\d+ findings$")).is_visible()
    limit.click()
    page.locator(".picture img").wait_for()
    quote = page.locator("blockquote").inner_text()
    assert quote
    box = page.locator(".marks rect").first.bounding_box()
    picture = page.locator(".picture img").bounding_box()
    assert picture["x"] <= box["x"] <= box["x"] + box["width"] <= picture["x"] + picture["width"] + 1
    assert box["height"] > 2
    assert page.title() == "helvora-en.pdf – Clauseworks"
    # A finding is accepted, and that is still so when somebody comes back.
    page.get_by_role("button", name="Accept").first.click()
    page.get_by_text(re.compile("^accepted by ")).wait_for()
    page.reload()
    page.get_by_text(re.compile("^accepted by ")).wait_for()
    page.get_by_role("button", name="Accept", pressed=True).click()
    page.get_by_text(re.compile("^accepted by ")).wait_for(state="detached")


def test_findings_are_narrowed_and_files_saved(tab: Tab, user: str, server_url: str) -> None:
    page = tab.page
    job_id = analysed(server_url, user, "terms.md", TERMS)
    tab.sign_in(user)
    tab.open(f"#/jobs/{job_id}")
    findings = page.get_by_role("button", name=re.compile("^(segment|benefit|limit|condition|exclusion)"))
    findings.first.wait_for()
    everything = findings.count()
    page.get_by_label("Kind", exact=True).select_option("limits")
    assert 0 < findings.filter(visible=True).count() <= everything
    page.get_by_label("Search in the findings").fill("no such words")
    page.get_by_text(f"0 of {everything} findings").wait_for()
    # The text stands in for a picture where a document has no look, with the passage marked.
    assert "800" in page.locator("pre mark").first.inner_text()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download result").click()
    assert json.loads(Path(saved.value.path()).read_text())["segments"]
    page.get_by_text("Files", exact=True).click()
    page.get_by_role("button", name="result.json").wait_for()


def test_a_job_is_cancelled(tab: Tab, user: str, long_document: Path) -> None:
    page = tab.page
    tab.sign_in(user)
    tab.analyse(long_document)
    page.get_by_role("button", name="Cancel").click()
    page.locator(".state.cancelled").wait_for()
    assert page.get_by_role("button", name="Cancel").count() == 0


def test_a_long_document_is_watched_over_a_lost_connection_and_in_two_tabs(
    tab: Tab, context: Any, user: str, server_url: str, long_document: Path
) -> None:
    page = tab.page
    tab.sign_in(user)
    job_id = tab.analyse(long_document)
    page.get_by_text(re.compile(r"extract, \d+ %")).wait_for()
    other = new_tab(context, server_url)
    other.sign_in(user)
    other.open(f"#/jobs/{job_id}")
    other.page.locator(".live").wait_for()
    context.set_offline(True)
    page.get_by_text("Connection lost; trying again …").wait_for(timeout=WAIT)
    context.set_offline(False)
    for each in (page, other.page):
        each.locator(".state.completed").first.wait_for(timeout=2 * WAIT)
        each.get_by_text(re.compile("400 pages")).first.wait_for()
    # Chromium says of each request that it could not send one: that is what was asked for here.
    tab.complaints = [said for said in tab.complaints if "ERR_INTERNET_DISCONNECTED" not in said]


@pytest.mark.parametrize("token", ["nonsense", "a.b.c"])
def test_a_wrong_token_is_refused_with_the_reason(tab: Tab, token: str) -> None:
    tab.open()
    tab.page.get_by_label("Access token").fill(token)
    tab.page.get_by_role("button", name="Sign in").click()
    tab.page.get_by_role("alert").filter(has_text="Not signed in").wait_for()
    # The answer of 401 is a line in the browser's console, too.
    tab.complaints = [said for said in tab.complaints if "401" not in said]


def test_a_token_never_stands_in_an_address_and_goes_with_the_session(
    tab: Tab, user: str, server_url: str
) -> None:
    job_id = analysed(server_url, user, "terms.md", TERMS)
    tab.sign_in(user)
    tab.open(f"#/jobs/{job_id}")
    tab.page.get_by_text("Findings", exact=True).wait_for()
    assert not [url for url in tab.requested if user in url or "token=" in url.lower()]
    tab.page.get_by_role("button", name="Sign out").click()
    tab.page.get_by_text("You are signed out.").wait_for()
    assert tab.page.evaluate("sessionStorage.length + localStorage.length") == 0
    assert tab.page.evaluate("document.cookie") == ""


def test_what_was_indexed_is_found_and_leads_to_its_page(tab: Tab, user: str, tmp_path: Path) -> None:
    file = tmp_path / "kennel.md"
    file.write_bytes(b"# Cover\n\n## Pets\n\nWe pay the kennel for your dog up to GBP 90 a day.\n")
    tab.sign_in(user)
    tab.analyse(file, index=True)
    tab.page.locator(".state.completed").first.wait_for()
    hit = tab.page.get_by_role("link", name="kennel.md, page 1")
    for _ in range(60):
        tab.open("#/search?q=kennel")
        tab.page.get_by_text(re.compile(r"^\d+ passages? in")).wait_for()
        if hit.count():
            break
        tab.page.wait_for_timeout(500)
        tab.open("#/search")
    hit.first.click()
    tab.page.locator("pre mark").wait_for()
    assert "kennel" in tab.page.locator("pre mark").inner_text()


def test_two_documents_stand_side_by_side(tab: Tab, user: str, server_url: str) -> None:
    one = analysed(server_url, user, "one.md", TERMS)
    two = analysed(server_url, user, "two.md", TERMS.replace(b"800", b"1200"))
    tab.sign_in(user)
    tab.open(f"#/compare?jobs={one},{two}")
    table = tab.page.get_by_role("table")
    table.get_by_text("1,200 GBP").first.wait_for()
    assert table.locator(".highest").first.inner_text().startswith("1,200 GBP")


def test_an_operator_redrives_a_dead_letter(tab: Tab, stack: LocalStack) -> None:
    environment = stack.environment("ApiFunction")
    now = utc_now()
    job = Job(uuid7(), Kind.CLEANUP, Owner("directus", "somebody"), {"document_id": uuid7()}, now, now)
    DynamoJobs(environment["JOBS_TABLE"], stack.deployed.endpoint).create(states.submitted(job, "somebody"))
    body = json.dumps({"job_id": job.job_id, "kind": "cleanup"})
    queue = environment["CLEANUP_DEAD_LETTER_QUEUE_URL"]
    stack.client("sqs").send_message(QueueUrl=queue, MessageBody=body)
    tab.sign_in(stack.token("operator", admin=True))
    tab.page.get_by_role("link", name="Operators").click()
    row = tab.page.get_by_role("region", name="Dead letters").get_by_role("row").filter(has_text=job.job_id)
    row.get_by_role("button", name="Redrive").click()
    row.wait_for(state="detached")
    # Brought back, the job comes to its end, which its history tells.
    tab.open(f"#/tasks/{job.job_id}")
    history = tab.page.get_by_role("region", name="History")
    for _ in range(60):
        tab.page.reload()
        history.get_by_text("submitted").first.wait_for()
        if history.get_by_text(re.compile("^(completed|failed)$")).count():
            break
        tab.page.wait_for_timeout(500)
    history.get_by_text(re.compile("^(completed|failed)$")).wait_for()
    history.get_by_text("redrive").first.wait_for()


def test_users_see_no_operators_view(tab: Tab, user: str) -> None:
    tab.sign_in(user)
    assert tab.page.get_by_role("link", name="Operators").count() == 0
    tab.open("#/operators")
    tab.page.get_by_role("alert").filter(has_text="Only administrators may operate").first.wait_for()
    tab.complaints = [said for said in tab.complaints if "403" not in said]
