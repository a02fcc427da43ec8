"""The inbox of the local stack."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from infra.local import mail
from infra.local.errors import LocalError
from infra.local.stack import Deployed

SENT: dict[str, Any] = {
    "To": ["reader@example.com"],
    "Subject": "Clauseworks: analysis completed",
    "BodyText": "The analysis job j has ended.",
    "Timestamp": 1_795_649_031.5,
}


def test_messages_of_all_accounts_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def get(url: str, **_: Any) -> httpx.Response:
        body = {"messages": {"000000000000": [SENT], "111111111111": []}}
        return httpx.Response(200, json=body, request=httpx.Request("GET", url))

    monkeypatch.setattr(httpx, "get", get)
    (message,) = mail.inbox(Deployed("http://127.0.0.1:4566", own_emulator=True, name="s"))
    assert message == mail.Message(
        "2026-11-25T23:23:51+00:00",
        ["reader@example.com"],
        SENT["Subject"],
        SENT["BodyText"],
    )


def test_another_endpoint_has_none() -> None:
    with pytest.raises(LocalError, match="only our own emulator"):
        mail.inbox(Deployed("http://127.0.0.1:4566", own_emulator=False, name="s"))
