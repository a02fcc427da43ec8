from __future__ import annotations

from pathlib import Path

from infra.local.paths import Paths


def test_everything_lies_in_the_checkout_by_default(tmp_path: Path) -> None:
    paths = Paths.from_environment({}, tmp_path)

    assert paths.state == tmp_path / ".local"
    assert paths.cache == tmp_path / ".local" / "cache"


def test_the_environment_moves_state_and_cache(tmp_path: Path) -> None:
    environment = {"CLAUSEWORKS_STATE": str(tmp_path / "s"), "CLAUSEWORKS_CACHE": str(tmp_path / "c")}
    paths = Paths.from_environment(environment, tmp_path / "checkout")

    assert (paths.state, paths.cache) == (tmp_path / "s", tmp_path / "c")
    assert paths.record.is_relative_to(paths.state)
