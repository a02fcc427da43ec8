"""Taxonomies that are files."""

from __future__ import annotations

import json
from pathlib import Path

from shared.taxonomy.reader import load_taxonomy
from tests.support.builders.taxonomy_files import SMALL


def test_a_file_is_loaded_by_path(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text(json.dumps(SMALL))
    assert load_taxonomy(file).name == "small"
    assert load_taxonomy(str(file)).languages == ("en",)
