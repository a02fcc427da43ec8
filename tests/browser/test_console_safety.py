"""The console against hostile texts, and for those who do not see it."""

from __future__ import annotations

import httpx
import pytest

from infra.local.stack import LocalStack
from tests.support.browser import PAYLOADS, Tab, violations
from tests.support.stack.api import bearer, upload, wait


@pytest.fixture
def hostile(server_url: str, user: str) -> str:
    """Analyse a document whose name, text and case are attempts; return the job's id."""
    said = "We pay up to GBP 800 for lost baggage, each person"
    text = "\n\n".join(["# Travel cover", "## Baggage", *(f"{said} {one}." for one in PAYLOADS)])
    with httpx.Client(base_url=server_url, headers=bearer(user), timeout=60, trust_env=False) as api:
        accepted = upload(api, "<img src=x onerror=window.hit=1>.md", f"{text}\n".encode())
        failed = upload(api, "<svg onload=window.hit=1>.pdf", b"%PDF-1.7\n<script>window.hit=1</script>")
        assert wait(api, str(accepted["job_id"]))["status"] == "completed"
        assert wait(api, str(failed["job_id"]))["status"] == "failed"
        refused = api.post("/jobs/analysis", json={"product_id": "p1", "metadata": {"client": PAYLOADS[1]}})
        assert refused.status_code == 422, refused.text
    return str(accepted["job_id"])


def test_hostile_texts_are_texts(tab: Tab, stack: LocalStack, user: str, hostile: str) -> None:
    tab.sign_in(user)
    tab.page.get_by_role("link", name="img src=x onerror").first.wait_for()
    tab.page.get_by_role("link", name="svg onload").first.click()
    tab.page.get_by_role("alert").first.wait_for()
    tab.open(f"#/jobs/{hostile}")
    tab.page.locator("pre").wait_for()
    assert "<script>window.hit=1</script>" in tab.page.locator("pre").inner_text()
    tab.open("#/jobs/<img src=x onerror=window.hit=1>")
    tab.page.get_by_role("alert").first.wait_for()
    tab.open("#/search?q=<img src=x onerror=window.hit=1>")
    tab.page.get_by_label("What do you look for?").wait_for()
    assert tab.page.evaluate("window.hit") is None
    assert tab.page.locator("main script, main iframe, main img:not(.picture img)").count() == 0
    tab.complaints = [said for said in tab.complaints if "404" not in said]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_view_keeps_anybody_out(
    tab: Tab, stack: LocalStack, axe: str, server_url: str, user: str, hostile: str, width: int, scheme: str
) -> None:
    page = tab.page
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    tab.open()
    page.get_by_label("Access token").wait_for()
    found = violations(page, axe)
    tab.sign_in(stack.token("operator", admin=True))
    for place, ready in (
        ("#/", "table, .empty"),
        ("#/new", "form"),
        (f"#/jobs/{hostile}", ".tree"),
        ("#/search?q=baggage", "form"),
        ("#/compare", "fieldset"),
        ("#/operators", ".chart"),
        (f"#/tasks/{hostile}", "table"),
    ):
        tab.open(place)
        page.locator(ready).first.wait_for()
        found += [f"{place}: {one}" for one in violations(page, axe)]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{place} is too wide"
    assert found == []


def test_keys_alone_lead_to_a_finding(tab: Tab, user: str, hostile: str) -> None:
    tab.sign_in(user)
    tab.open(f"#/jobs/{hostile}")
    tab.page.locator(".tree").wait_for()
    for _ in range(40):
        tab.page.keyboard.press("Tab")
        if tab.page.evaluate("document.activeElement.classList.contains('finding')"):
            break
    tab.page.keyboard.press("Enter")
    tab.page.locator(".finding[aria-current]").wait_for()
    assert tab.page.locator("blockquote").inner_text()
