"""A real Chromium before the console of a stack; what the page complains of fails its test."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.local.stack import LocalStack
from tests.support.npm import installed

AXE = "4.10.3"


FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


WAIT = 30_000
PAYLOADS = (
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "<svg onload=window.hit=1>",
    '"><a href=javascript:window.hit=1>x</a>',
    "javascript:window.hit=1//",
    "</textarea></title><iframe srcdoc='<script>parent.hit=1</script>'>",
    "${window.hit=1}{{constructor.constructor('window.hit=1')()}}",
)


@contextmanager
def chromium(*flags: str) -> Iterator[Any]:
    """Run a browser, with some more flags; skips the test where there is none."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("there is no Chromium on this machine (infra/peers.sh installs Debian's)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=[*FLAGS, *flags])
        yield running
        running.close()


@dataclass
class Tab:
    """A page of the console, with everything that it asked for and complained of."""

    page: Any
    url: str
    requested: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, place: str = "#/") -> None:
        self.page.goto(f"{self.url}/{place}")

    def sign_in(self, token: str) -> None:
        self.open()
        self.page.get_by_label("Access token").fill(token)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("heading", name="Jobs", exact=True).wait_for()

    def analyse(self, file: Path, *, index: bool = False) -> str:
        """Upload a document through the form; return the job's id."""
        self.open("#/new")
        self.page.get_by_label("Drop a document here, or choose one").set_input_files(file)
        self.page.get_by_label("Searchable").set_checked(index)
        self.page.get_by_role("button", name="Analyse", exact=True).click()
        self.page.wait_for_url("**/#/jobs/*", timeout=WAIT)
        return str(self.page.url.rsplit("/", 1)[1])


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser for one file: while it runs, so does an event loop, which other tests cannot bear."""
    with chromium() as running:
        yield running


@pytest.fixture
def context(browser: Any) -> Iterator[Any]:
    one = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    one.set_default_timeout(WAIT)
    yield one
    one.close()


@pytest.fixture
def tab(context: Any, stack: LocalStack, server_url: str) -> Iterator[Tab]:
    one = new_tab(context, server_url)
    yield one
    assert one.complaints == []
    allowed = (server_url, stack.deployed.endpoint, "blob:", "data:")
    assert [url for url in one.requested if not url.startswith(allowed)] == []


def new_tab(context: Any, url: str) -> Tab:
    tab = Tab(context.new_page(), url)
    tab.page.on("request", lambda request: tab.requested.append(request.url))
    tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
    tab.page.on("console", lambda said: tab.complaints.append(said.text) if said.type == "error" else None)
    return tab


@pytest.fixture
def user(stack: LocalStack) -> str:
    """Return the token of somebody new."""
    return stack.token(f"user-{uuid.uuid4().hex[:8]}")


@pytest.fixture(scope="module")
def axe(stack: LocalStack) -> str:
    """Return axe-core's script; npm brings it, once for all runs."""
    return (installed(stack.paths, "axe-core", AXE) / "axe-core" / "axe.min.js").read_text()


def violations(page: Any, axe: str) -> list[str]:
    """Return what axe-core finds that is serious or critical, with the places."""
    # By the debugger's way in: the page's own policy allows no foreign script.
    page.evaluate(axe)
    results = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']} at {one['nodes'][0]['target']}: {one['nodes'][0].get('failureSummary', '')[:200]}"
        for one in results["violations"]
        if one["impact"] in {"serious", "critical"}
    ]
