"""The console with the store at a regional host name, as on AWS: uploads, pictures and downloads go there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from infra.local import guard, server
from infra.local.paths import Paths
from infra.local.stack import LocalStack
from tests.support.browser import chromium, new_tab
from tests.support.paths import SAMPLES

ENDPOINT = "http://s3.eu-central-2.amazonaws.com"
SAMPLE = SAMPLES / "helvora-en.pdf"


@pytest.fixture(scope="module")
def store(stack: LocalStack) -> str:
    """Return the origin of the bucket."""
    return ENDPOINT.replace("s3.", f"{stack.deployed.outputs['DocumentsBucket']}.s3.")


@pytest.fixture(scope="module")
def server_url(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a server whose signed addresses are those of AWS."""
    paths = Paths(stack.paths.root, tmp_path_factory.mktemp("server") / "state", stack.paths.cache)
    environment = {**stack.environment("WaitFunction"), **stack.environment("ApiFunction")}
    guard.watch(paths, paths.state, os.getpid())
    try:
        yield server.url_of(server.serve(paths, {**environment, "S3_PUBLIC_ENDPOINT": ENDPOINT}, []))
    finally:
        server.stop_server(paths)
        guard.dismiss(paths)


@pytest.fixture(scope="module")
def browser(stack: LocalStack) -> Iterator[Any]:
    """A browser that reaches the emulator by the region's host names, which are what it sees and checks."""
    emulator = urlsplit(stack.deployed.endpoint).netloc
    names = f"*.{urlsplit(ENDPOINT).hostname}"
    with chromium(f"--host-resolver-rules=MAP {names} {emulator}", "--no-proxy-server") as running:
        yield running


def test_documents_go_to_the_bucket_and_findings_come_back(
    context: Any, stack: LocalStack, server_url: str, store: str, user: str
) -> None:
    tab = new_tab(context, server_url)
    page = tab.page
    tab.sign_in(user)
    with page.expect_response(lambda answer: answer.url == f"{store}/") as sent:
        tab.analyse(SAMPLE)
    assert (sent.value.request.method, sent.value.status) == ("POST", 204)
    assert sent.value.request.all_headers()["origin"] == server_url

    page.get_by_role("button", name=re.compile("^limit")).first.click()
    picture = page.locator(".picture img")
    picture.wait_for()
    assert picture.get_attribute("src").startswith(f"{store}/")
    assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0

    with page.expect_download() as saved:
        page.get_by_role("button", name="Download report").click()
    assert Path(saved.value.path()).read_bytes().startswith(b"%PDF-")

    assert any(url.startswith(f"{store}/jobs/") for url in tab.requested)
    elsewhere = [url for url in tab.requested if not url.startswith((server_url, f"{store}/", "blob:"))]
    assert (elsewhere, tab.complaints) == ([], [])
    assert SAMPLE.read_bytes() in stored_by(stack, tab.requested)


def stored_by(stack: LocalStack, requested: list[str]) -> list[bytes]:
    """Return the contents of the documents that a page asked the API for."""
    s3, bucket = stack.client("s3"), stack.deployed.outputs["DocumentsBucket"]
    ids = {found[1] for url in requested if (found := re.search("/documents/([0-9a-f-]{36})", url))}
    return [
        s3.get_object(Bucket=bucket, Key=f"documents/{document_id}/original")["Body"].read()
        for document_id in ids
    ]


def test_another_bucket_is_out_of_reach(context: Any, server_url: str, store: str) -> None:
    tab = new_tab(context, server_url)
    tab.open()
    other = f"http://another.{urlsplit(ENDPOINT).hostname}/x"
    refused = tab.page.evaluate(
        """async (url) => {
            const told = [];
            document.addEventListener("securitypolicyviolation", (one) => told.push(one.effectiveDirective));
            await fetch(url, { method: "POST" }).catch(() => null);
            const picture = new Image();
            await new Promise((done) => { picture.onerror = picture.onload = done; picture.src = url; });
            return told;
        }""",
        other,
    )
    assert refused == ["connect-src", "img-src"]
