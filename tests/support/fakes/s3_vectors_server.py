"""Amazon S3 Vectors as far as we use it, over HTTP: no emulator has it.

It keeps to what the service documents: names are per bucket, an index has a dimension, writes and removals
take 500 vectors, a query answers with 100 at most, filters compare metadata, what is missing is a
NotFoundException. Distances are 1 - cosine.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

MAX_BATCH = 500
MAX_TOP_K = 100


class Refusal(Exception):  # noqa: N818 - an answer of the service, not an error of ours
    """An error of the service: status, name, message."""


@dataclass
class Index:
    dimension: int
    vectors: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass
class S3Vectors:
    """The state of the service; ``calls`` are the operations asked for, in order."""

    url: str = ""
    indexes: dict[tuple[str, str], Index] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def answer(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(operation)
        place = (body["vectorBucketName"], body["indexName"])
        if operation == "CreateIndex":
            if place in self.indexes:
                raise Refusal(409, "ConflictException", "An index with this name exists.")
            assert (body["dataType"], body["distanceMetric"]) == ("float32", "cosine")
            self.indexes[place] = Index(body["dimension"])
            return {}
        if place not in self.indexes:
            raise Refusal(404, "NotFoundException", "There is no such index.")
        return getattr(self, f"_{operation}")(self.indexes[place], body)  # type: ignore[no-any-return]

    def _PutVectors(self, index: Index, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if len(body["vectors"]) > MAX_BATCH:
            raise Refusal(400, "ValidationException", "Too many vectors.")
        for vector in body["vectors"]:
            if len(vector["data"]["float32"]) != index.dimension:
                raise Refusal(400, "ValidationException", "Wrong dimension.")
            index.vectors[vector["key"]] = vector
        return {}

    def _DeleteVectors(self, index: Index, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if len(body["keys"]) > MAX_BATCH:
            raise Refusal(400, "ValidationException", "Too many keys.")
        for key in body["keys"]:
            index.vectors.pop(key, None)
        return {}

    def _QueryVectors(self, index: Index, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if not 1 <= body["topK"] <= MAX_TOP_K:
            raise Refusal(400, "ValidationException", "topK is out of range.")
        wanted = np.array(body["queryVector"]["float32"])
        found = []
        for key, vector in index.vectors.items():
            if _passes(vector["metadata"], body.get("filter", {})):
                row = np.array(vector["data"]["float32"])
                cosine = row @ wanted / (np.linalg.norm(row) * np.linalg.norm(wanted) or 1)
                found.append({"key": key, "distance": float(1 - cosine), "metadata": vector["metadata"]})
        best = sorted(found, key=lambda one: float(one["distance"]))[: body["topK"]]
        return {"vectors": best, "distanceMetric": "cosine"}


def _passes(metadata: dict[str, Any], conditions: dict[str, Any]) -> bool:
    return all(metadata.get(name) in condition["$in"] for name, condition in conditions.items())


@contextmanager
def serve() -> Iterator[S3Vectors]:
    """Run the service on a free port of this machine."""
    service = S3Vectors()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                status, kind, answer = 200, "", service.answer(self.path.strip("/"), body)
            except Refusal as refusal:
                status, kind, message = refusal.args
                answer = {"message": message}
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            if kind:
                self.send_header("x-amzn-errortype", kind)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        service.url = f"http://127.0.0.1:{server.server_port}"
        yield service
        server.shutdown()
