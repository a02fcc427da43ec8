"""A registry of images as others are: manifests by tag, tokens for whoever asks, refusals."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DIGEST = "Docker-Content-Digest"
TOKEN = "anonymous-token"

Answer = tuple[int, dict[str, str], bytes]


def index(*architectures: str) -> bytes:
    """Return an index of one image a processor, as a registry stores it."""
    manifests = [
        {
            "mediaType": MANIFEST,
            "digest": f"sha256:{hashlib.sha256(architecture.encode()).hexdigest()}",
            "size": 1,
            "platform": {"os": "linux", "architecture": architecture},
        }
        for architecture in architectures
    ]
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}, indent=3).encode()


@dataclass
class Registry:
    """What it holds (type and bytes by ``NAME:TAG``), how it behaves, and what it was asked."""

    images: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    wants_token: bool = True
    scheme: str = "Bearer"
    gives_token: bool = True
    header: str | None = None
    names_digest: bool = True
    refusal: tuple[int, dict[str, str]] | None = None
    asked: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def host(self) -> str:
        """The host as images are named by it."""
        return urlsplit(self.url).netloc

    def answer(self, path: str, headers: Mapping[str, str]) -> Answer:
        """Answer a request for a token or for a manifest."""
        self.asked.append(path)
        parts = urlsplit(path)
        if parts.path == "/token":
            return self._token(parse_qs(parts.query))
        name, _, tag = parts.path.removeprefix("/v2/").rpartition("/manifests/")
        if self.wants_token and headers.get("Authorization") != f"Bearer {TOKEN}":
            challenge = f'{self.scheme} realm="{self.url}/token",service="registry",'
            return 401, {"WWW-Authenticate": f'{challenge}scope="repository:{name}:pull"'}, b"{}"
        if self.refusal is not None:
            return *self.refusal, b"{}"
        return self._manifest(f"{name}:{tag}", headers.get("Accept", ""))

    def _manifest(self, image: str, accepted: str) -> Answer:
        kind, body = self.images.get(image, ("none", b""))
        # As the specification has it: who does not take the type is not sent it.
        if kind not in accepted:
            return 404, {}, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}'
        digest = self.header or f"sha256:{hashlib.sha256(body).hexdigest()}"
        return 200, {"Content-Type": kind} | ({DIGEST: digest} if self.names_digest else {}), body

    def _token(self, query: Mapping[str, list[str]]) -> Answer:
        known = query.get("service") == ["registry"] and query.get("scope", [""])[0].endswith(":pull")
        if self.gives_token and known:
            return 200, {}, json.dumps({"token": TOKEN, "expires_in": 300}).encode()
        return 403, {}, b"{}"


@contextmanager
def serve(registry: Registry) -> Iterator[Registry]:
    """Answer for the registry on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = registry.answer(
                self.path, {name.title(): value for name, value in self.headers.items()}
            )
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        registry.url = f"http://127.0.0.1:{server.server_port}"
        yield registry
        server.shutdown()
