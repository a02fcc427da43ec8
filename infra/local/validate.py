"""``python -m infra.local.validate``: what ``sam validate`` does, without an account.

The template goes through SAM's own translator, the code that CloudFormation's transform runs on. It
lives in the emulator's environment, since it pins packages that ours needs in other versions.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.local.emulator import ensure_environment
from infra.local.paths import Paths
from infra.local.template import load_template

# Images and code lie where `sam build` puts them; the translator wants to see an address.
_TRANSLATE = """
import json, sys
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform

class Policies:
    def load(self):
        return {}

template = json.load(sys.stdin)
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Serverless::Function":
        resource["Properties"]["ImageUri"] = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/image:tag"
try:
    result = transform(template, {}, Policies())
except InvalidDocumentException as error:
    sys.exit("\\n".join(cause.message for cause in error.causes))
print(len(result["Resources"]))
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Translate a template; print what SAM says against it, and return 1, where it is not valid."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.validate")
    paths = Paths.from_environment(os.environ)
    parser.add_argument("template", type=Path, nargs="?", default=paths.template)
    template = parser.parse_args(arguments).template
    python = ensure_environment(paths)
    done = subprocess.run(
        [str(python), "-W", "ignore", "-c", _TRANSLATE],
        input=json.dumps(load_template(template), default=str),
        env={"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "eu-central-1"},
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        print(f"{template.name} is not valid SAM:\n{done.stderr}", file=sys.stderr)
        return 1
    print(f"{template.name} is valid SAM: {done.stdout.strip()} resources after the transform")
    return 0


if __name__ == "__main__":
    sys.exit(main())
