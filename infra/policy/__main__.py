"""``python -m infra.policy``: check the template with checkov, in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from infra.local.errors import LocalError
from infra.local.package import environment
from infra.local.paths import Paths
from infra.local.template import load_template
from infra.policy.exceptions import EXCEPTIONS

HERE = Path(__file__).parent


def main() -> int:
    """Print what breaks a rule without a reason, and reasons that nothing needs; return the exit status."""
    paths = Paths.from_environment(os.environ)
    python = environment(paths, "policy", HERE / "requirements.txt", HERE / "constraints.txt")
    try:
        report = check(python, paths.template)
    except LocalError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    found = failures(report)
    broken = [(rule, resource) for rule, resource in found if rule not in EXCEPTIONS]
    unused = sorted(set(EXCEPTIONS) - {rule for rule, _ in found})
    for rule, resource in broken:
        print(f"{resource} breaks {rule}")
    for rule in unused:
        print(f"the exception from {rule} is not needed")
    passed = report["summary"]["passed"]
    print(f"{passed} checks passed, {len(found) - len(broken)} excepted with a reason, {len(broken)} failed")
    return 1 if broken or unused else 0


def check(python: Path, template: Path) -> dict[str, Any]:
    """Return checkov's report on a template; raises LocalError where it makes none."""
    with tempfile.TemporaryDirectory() as folder:
        # Its own YAML reader knows neither anchors' overrides nor the short forms in all places.
        written = Path(folder) / "template.json"
        written.write_text(json.dumps(load_template(template)))
        command = [str(python), str(python.with_name("checkov")), "--file", str(written), "--output", "json"]
        command += ["--framework", "cloudformation", "--skip-download", "--quiet"]
        # It would ask its maker for more rules, and wait for the answer.
        quiet = {"LOG_LEVEL": "CRITICAL", "PATH": os.environ["PATH"], "HOME": folder}
        done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
    try:
        report: dict[str, Any] = json.loads(done.stdout)
        report["results"]["failed_checks"]
    except (ValueError, KeyError):
        raise LocalError(f"checkov made no report: {done.stderr[-2000:]}") from None
    if report["summary"]["parsing_errors"]:
        raise LocalError("checkov could not read the template")
    return report


def failures(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the rules broken, each with the resource that breaks it."""
    return [(one["check_id"], one["resource"]) for one in report["results"]["failed_checks"]]


if __name__ == "__main__":
    sys.exit(main())
