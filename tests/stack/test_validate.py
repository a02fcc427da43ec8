"""SAM's own translator accepts the template, and refuses one that is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from infra.local.paths import CHECKOUT
from infra.local.validate import main


def test_the_template_is_valid(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "is valid SAM" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Type: Schedule", "Type: Shedule"),
        ("BatchSize: 1", "BatchSizes: 1"),
        ("Timeout: 300", "Timeouts: 300"),
    ],
)
def test_a_wrong_template_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], right: str, wrong: str
) -> None:
    text = (CHECKOUT / "template.yaml").read_text()
    assert right in text
    template = tmp_path / "template.yaml"
    template.write_text(text.replace(right, wrong))
    (tmp_path / "infra").mkdir()
    shutil.copy(CHECKOUT / "infra" / "monitoring.yaml", tmp_path / "infra")
    assert main([str(template)]) == 1
    assert "is not valid SAM" in capsys.readouterr().err
