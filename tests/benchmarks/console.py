"""The console's first view: how much is transferred, and how long until it can be used."""

from __future__ import annotations

import shutil
import statistics
from typing import Any

from infra.local.stack import LocalStack
from tests.benchmarks.figures import show
from tests.support.browser import FLAGS

TIMES = 5


def run(stack: LocalStack) -> None:
    """Print kilobytes, and milliseconds to the sign-in and from there to the list of jobs."""
    executable = shutil.which("chromium")
    if executable is None:
        show("console", "skipped: there is no Chromium")
        return
    from playwright.sync_api import sync_playwright

    url, token = stack.serve(), stack.token("looker")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        looks = [_look(browser, url, token) for _ in range(TIMES)]
        browser.close()
    size, first, signed_in = (statistics.median(values) for values in zip(*looks, strict=True))
    show(
        "console: first view", f"{size / 1000:.0f} KB, usable after {first:.0f} ms (budget 150 KB, 1,000 ms)"
    )
    show("console: from the sign-in to the list of jobs", f"{signed_in:.0f} ms")


def _look(browser: Any, url: str, token: str) -> tuple[int, float, float]:
    """Open the console as somebody who was never there; return bytes and two times in ms."""
    context = browser.new_context()
    page = context.new_page()
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    page.goto(url)
    page.get_by_label("Access token").wait_for()
    first = page.evaluate("performance.now()")
    size = sum(sizes)
    page.get_by_label("Access token").fill(token)
    before = page.evaluate("performance.now()")
    page.get_by_role("button", name="Sign in").click()
    page.locator("table, .empty").first.wait_for()
    after = page.evaluate("performance.now()")
    context.close()
    return size, first, after - before
