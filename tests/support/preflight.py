"""A machine that can deploy, whose SAM CLI writes down its arguments."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

LIST = "parameter_overrides = [\n"


@dataclass(frozen=True)
class Machine:
    """The machine: a folder for its programs, another for what they did, and the stages' settings."""

    folder: Path

    @property
    def commands(self) -> list[str]:
        """What the SAM CLI was asked to do, in order."""
        log = self.folder / "sam.log"
        return log.read_text().splitlines() if log.exists() else []

    def without_docker(self) -> None:
        (self.folder / "bin" / "docker").write_text("#!/bin/sh\necho 'Cannot connect' >&2\nexit 1\n")

    def set(self, stage: str, **parameters: str) -> None:
        """Change settings of a stage in samconfig.toml, as whoever deploys does."""
        path = self.folder / "samconfig.toml"
        head, section, rest = path.read_text().partition(f"[{stage}.deploy.parameters]")
        for name, value in parameters.items():
            rest = re.sub(rf'^    "{name}=.*\n', "", rest, count=1, flags=re.MULTILINE)
            rest = rest.replace(LIST, f"{LIST}    {json.dumps(f'{name}={value}')},\n", 1)
        path.write_text(head + section + rest)
