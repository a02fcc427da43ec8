"""The protocols by which boto3 asks an AwsAccount over HTTP: query, JSON, REST with JSON, REST with XML."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.support.fakes.aws_account import AwsAccount, Json, Refusal

QUERY = {"sts", "iam", "cloudformation"}
# By service, method and path: the action, with what the path names.
ROUTES = [
    ("lambda", "GET", r"/2016-08-19/account-settings/?", "lambda:GetAccountSettings"),
    ("lambda", "GET", r"/2015-03-31/functions/(?P<FunctionName>[^/]+)", "lambda:GetFunction"),
    (
        "lambda",
        "GET",
        r"/2019-09-30/functions/(?P<FunctionName>[^/]+)/concurrency",
        "lambda:GetFunctionConcurrency",
    ),
    ("ses", "GET", r"/v2/email/account", "ses:GetAccount"),
    ("ses", "GET", r"/v2/email/identities/(?P<EmailIdentity>[^/]+)", "ses:GetEmailIdentity"),
    ("apigateway", "GET", r"/restapis/(?P<restapi_id>[^/]+)", "apigateway:GET"),
    ("bedrock", "GET", r"/inference-profiles/(?P<id>.+)", "bedrock:GetInferenceProfile"),
    (
        "bedrock",
        "GET",
        r"/foundation-model-availability/(?P<modelId>.+)",
        "bedrock:GetFoundationModelAvailability",
    ),
    ("s3vectors", "POST", r"/GetVectorBucket", "s3vectors:GetVectorBucket"),
    ("s3", "GET", r"/", "s3:ListAllMyBuckets"),
]


def xml(tag: str, value: Any, entry: str = "member") -> str:
    """Return a value as XML: members of objects by name, those of lists as ``entry``."""
    if isinstance(value, dict):
        inner = "".join(xml(name, member, entry) for name, member in value.items())
    elif isinstance(value, list):
        inner = "".join(xml(entry, member, entry) for member in value)
    else:
        inner = escape(str(value).lower() if isinstance(value, bool) else str(value))
    return f"<{tag}>{inner}</{tag}>"


def form(text: str) -> Json:
    """Return the fields of a query: ``Names.member.1=a`` is the first entry of a list ``Names``."""
    fields: Json = {}
    for name, value in parse_qsl(text):
        head, is_list, rest = name.partition(".member.")
        if not is_list:
            fields[name] = value
        elif rest.isdigit():
            fields.setdefault(head, []).append(value)
    return fields


class Call:
    """One request: which action it asks for with what, and how an answer to it is written."""

    def __init__(self, method: str, url: str, headers: Any, data: bytes) -> None:
        # .../20261201/eu-central-1/lambda/aws4_request, as every request is signed.
        self.service = headers["Authorization"].split("/")[3]
        self.action, self.body = self._read(method, urlsplit(url), headers, data)

    def _read(self, method: str, url: Any, headers: Any, data: bytes) -> tuple[str, Json]:
        if self.service in QUERY:
            fields = form(data.decode())
            return f"{self.service}:{fields['Action']}", fields
        if target := headers.get("X-Amz-Target"):
            return f"{self.service}:{target.split('.')[1]}", json.loads(data)
        for service, verb, pattern, action in ROUTES:
            found = re.fullmatch(pattern, unquote(url.path))
            if (service, verb) == (self.service, method) and found:
                sent = json.loads(data) if data else dict(parse_qsl(url.query))
                return action, {**sent, **found.groupdict()}
        raise AssertionError(f"{method} {url.path} of {self.service}")

    def written(self, answer: Json) -> str:
        name = self.action.split(":")[1]
        if self.service in QUERY:
            return xml(f"{name}Response", {f"{name}Result": answer})
        if self.service == "s3":
            return xml("ListAllMyBucketsResult", answer, entry="Bucket")
        return json.dumps(answer)

    def refused(self, code: str, message: str) -> str:
        error = {"Code": code, "Message": message}
        if self.service in QUERY:
            return xml("ErrorResponse", {"Error": {"Type": "Sender", **error}, "RequestId": "1"})
        return (
            xml("Error", error) if self.service == "s3" else json.dumps({"__type": code, "message": message})
        )


@contextmanager
def serve(account: AwsAccount) -> Iterator[AwsAccount]:
    """Answer for an account on a free port of this machine; its ``url`` is the endpoint of all services."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            call = Call(self.command, self.path, self.headers, data)
            try:
                status, kind, text = 200, "", call.written(account.answer(call.action, call.body))
            except Refusal as refusal:
                status, kind, message = refusal.args
                text = call.refused(kind, message)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            if kind:
                self.send_header("x-amzn-errortype", kind)
            self.end_headers()
            self.wfile.write(text.encode())

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        account.url = f"http://127.0.0.1:{server.server_port}"
        yield account
        server.shutdown()
