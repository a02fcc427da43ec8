"""Pages and their files through the emulator's gateway: the server's bytes, whatever is accepted."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from infra.local.stack import LocalStack
from tests.support.api.media_types import ACCEPTS, CONSOLE, first

PAGES = ("/", "/docs", "/redoc")


@pytest.mark.parametrize("accept", ACCEPTS, ids=first)
def test_they_are_those_of_the_server(stack: LocalStack, server_url: str, accept: str) -> None:
    root = urlsplit(stack.gateway_url).path.rstrip("/").encode()
    headers = {"Accept": accept}
    with (
        httpx.Client(base_url=server_url, headers=headers, timeout=60, trust_env=False) as server,
        httpx.Client(base_url=stack.gateway_url, headers=headers, timeout=60, trust_env=False) as gateway,
    ):
        named = {
            found for page in PAGES for found in re.findall(r'(?:src|href)="(/[^"]+)"', server.get(page).text)
        }
        files = {*CONSOLE, *named} - set(PAGES)
        assert {Path(file).suffix for file in files} == {".js", ".css", ".svg"}
        for path in (*PAGES, *sorted(files)):
            there, here = gateway.get(path), server.get(path)
            assert (there.status_code, here.status_code) == (200, 200), path
            assert there.headers["content-type"] == here.headers["content-type"], path
            # A page names what belongs to it at the address that it came by.
            assert there.content.replace(root, b"") == here.content, path
        problem = gateway.get("/no/such/page")
        assert problem.headers["content-type"] == "application/problem+json"
        assert problem.json()["type"].endswith(":not-found")
