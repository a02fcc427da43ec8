"""The OpenAPI document as a file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from functions.api import openapi_snapshot


def test_drift_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    snapshot = tmp_path / "api" / "openapi.json"
    monkeypatch.setattr(openapi_snapshot, "SNAPSHOT", snapshot)
    monkeypatch.setattr(openapi_snapshot, "render", cache(openapi_snapshot.render))
    assert openapi_snapshot.main(["--check"]) == 1
    assert openapi_snapshot.main([]) == 0
    assert openapi_snapshot.main(["--check"]) == 0
    snapshot.write_text(snapshot.read_text().replace("Clauseworks", "Something else"))
    assert openapi_snapshot.main(["--check"]) == 1
    assert "out of date" in capsys.readouterr().err
