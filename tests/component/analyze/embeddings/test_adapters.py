"""Embeddings by services, over HTTP as they speak it: an OpenAI-compatible endpoint, and Bedrock by boto3."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from botocore.retries.standard import ExponentialBackoff

from functions.analyze.search.adapters import embeddings, vector_store
from functions.analyze.search.embeddings.bedrock import BedrockEmbeddings
from functions.analyze.search.embeddings.openai import OpenAIEmbeddings
from functions.analyze.search.index_settings import RetrievalSettings
from shared.aws.ssm import Secret
from shared.errors import PermanentError, TransientError
from shared.memory.files import MemoryFiles

Reply = tuple[int, dict[str, str], Any]


@dataclass
class Service:
    """A server on this machine; ``reply`` answers with status, headers and a body from path and request."""

    reply: Callable[[str, Any], Reply]
    seen: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def service() -> Iterator[Service]:
    known = Service(lambda _path, _body: (500, {}, {}))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            known.seen.append((self.path, dict(self.headers), body))
            status, headers, answer = known.reply(self.path, body)
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        known.url = f"http://127.0.0.1:{server.server_port}"
        yield known
        server.shutdown()


def vector(text: str) -> list[float]:
    return [float(len(text)), 1.0, 0.0]


class TestOpenAI:
    def embeddings(self, service: Service, key: str = "sk-1") -> OpenAIEmbeddings:
        return OpenAIEmbeddings(f"{service.url}/v1/", "small", Secret(key))

    def test_vectors_come_back_in_order_and_of_length_one(self, service: Service) -> None:
        def reply(_path: str, body: Any) -> Reply:
            rows = [{"index": n, "embedding": vector(text)} for n, text in enumerate(body["input"])]
            return 200, {}, {"data": rows[::-1]}

        service.reply = reply
        rows = self.embeddings(service).passages(["a", "bbb"])
        assert rows.dtype == np.float32
        assert np.allclose(np.linalg.norm(rows, axis=1), 1)
        assert rows[1][0] / rows[1][1] == pytest.approx(3)
        [(path, headers, body)] = service.seen
        assert (path, headers["Authorization"]) == ("/v1/embeddings", "Bearer sk-1")
        assert body == {"model": "small", "input": ["a", "bbb"], "encoding_format": "float"}
        assert self.embeddings(service, "").query("dd").shape == (3,)
        assert "Authorization" not in service.seen[1][1]

    @pytest.mark.parametrize(
        ("status", "headers", "error", "retry_after"),
        [
            (429, {"Retry-After": "7"}, TransientError, 7.0),
            (429, {"Retry-After": "soon"}, TransientError, None),
            (503, {}, TransientError, None),
            (401, {}, PermanentError, None),
            (400, {}, PermanentError, None),
        ],
    )
    def test_refusals(
        self,
        service: Service,
        status: int,
        headers: dict[str, str],
        error: type[Exception],
        retry_after: float | None,
    ) -> None:
        service.reply = lambda _path, _body: (status, headers, {"error": "SECRET TEXT sk-1"})
        with pytest.raises(error) as caught:
            self.embeddings(service).passages(["a"])
        assert "SECRET" not in str(caught.value)
        assert "sk-1" not in str(caught.value)
        assert getattr(caught.value, "retry_after", None) == retry_after

    @pytest.mark.parametrize(
        "answer",
        [
            b"<html>",
            {},
            {"data": []},
            {"data": [{"index": 0, "embedding": "abc"}]},
            {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}]},
        ],
    )
    def test_nonsense_is_tried_again_and_never_taken_for_vectors(self, service: Service, answer: Any) -> None:
        service.reply = lambda _path, _body: (200, {}, answer)
        with pytest.raises(TransientError):
            self.embeddings(service).passages(["a", "b"])

    def test_nobody_there(self) -> None:
        nobody = OpenAIEmbeddings("http://127.0.0.1:9", "small", Secret(""))
        with pytest.raises(TransientError):
            nobody.query("a")


class TestBedrock:
    @pytest.fixture(autouse=True)
    def credentials(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    def test_cohere_takes_a_batch_and_tells_questions_from_passages(self, service: Service) -> None:
        service.reply = lambda _path, body: (200, {}, {"embeddings": [vector(t) for t in body["texts"]]})
        model = BedrockEmbeddings("cohere.embed-multilingual-v3", service.url)
        assert model.passages(["a" * 3000, "b"]).shape == (2, 3)
        assert model.query("c").shape == (3,)
        (path, _, first), (_, _, second) = service.seen
        assert path.startswith("/model/cohere.embed-multilingual-v3/invoke")
        assert (first["input_type"], second["input_type"]) == ("search_document", "search_query")
        assert [len(text) for text in first["texts"]] == [2048, 1]
        assert model.batch == 96

    def test_titan_takes_one_text_a_call(self, service: Service) -> None:
        service.reply = lambda _path, body: (200, {}, {"embedding": vector(body["inputText"])})
        model = BedrockEmbeddings("amazon.titan-embed-text-v2:0", service.url)
        rows = model.passages(["a", "bbb"])
        assert np.allclose(np.linalg.norm(rows, axis=1), 1)
        assert len(service.seen) == 2

    def test_a_throttled_service_is_tried_again_later(
        self, service: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda _self, _context: 0.0)
        service.reply = lambda _path, _body: (
            429,
            {"x-amzn-errortype": "ThrottlingException"},
            {"message": "Too many"},
        )
        with pytest.raises(TransientError):
            BedrockEmbeddings("cohere.embed-multilingual-v3", service.url).query("a")

    @pytest.mark.parametrize("answer", [{}, {"embeddings": []}, {"embeddings": [[]]}])
    def test_an_answer_without_vectors(self, service: Service, answer: Any) -> None:
        service.reply = lambda _path, _body: (200, {}, answer)
        with pytest.raises(TransientError):
            BedrockEmbeddings("cohere.embed-multilingual-v3", service.url).query("a")

    def test_an_unknown_family_is_refused(self) -> None:
        with pytest.raises(PermanentError, match="EMBEDDINGS_MODEL"):
            BedrockEmbeddings("anthropic.claude")


class TestSettings:
    @pytest.fixture
    def base(self) -> dict[str, Any]:
        names = [name for name, one in RetrievalSettings.model_fields.items() if one.is_required()]
        return dict.fromkeys(names, "x")

    def test_the_settings_choose(self, base: dict[str, Any]) -> None:
        local = RetrievalSettings(**base)
        assert embeddings(local).name == "multilingual-e5-small/q4"
        assert vector_store(local, MemoryFiles()).whole
        openai = RetrievalSettings(
            **base, embeddings="openai", embeddings_url="http://x/v1", embeddings_model="m"
        )
        assert embeddings(openai).name == "openai/m"
        bedrock = RetrievalSettings(
            **base, embeddings="bedrock", embeddings_model="cohere.embed-v4", vector_bucket="b"
        )
        assert embeddings(bedrock).name == "bedrock/cohere.embed-v4"
        assert not vector_store(bedrock, MemoryFiles()).whole

    @pytest.mark.parametrize(
        ("kind", "missing"), [("openai", "EMBEDDINGS_URL and EMBEDDINGS_MODEL"), ("bedrock", "MODEL")]
    )
    def test_half_a_configuration_stops_at_the_start(
        self, base: dict[str, Any], kind: str, missing: str
    ) -> None:
        with pytest.raises(ValueError, match=missing):
            RetrievalSettings(**base, embeddings=kind)
