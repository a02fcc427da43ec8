"""A template after SAM's transform, by the code that CloudFormation's transform runs on.

It lives in the emulator's environment, since it pins packages that ours needs in other versions.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from infra.local.errors import LocalError
from infra.local.template import Json

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
        function = resource["Properties"]
        if function.get("PackageType") == "Image":
            function["ImageUri"] = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/image:tag"
        else:
            function["CodeUri"] = "s3://bucket/key"
try:
    result = transform(template, {}, Policies())
except InvalidDocumentException as error:
    sys.exit("\\n".join(cause.message for cause in error.causes))
json.dump(result, sys.stdout)
"""


class InvalidTemplateError(LocalError):
    """SAM does not accept the template."""


def translate(python: Path, template: Json) -> Json:
    """Return the template with CloudFormation's own resources in place of SAM's.

    ``python`` is that of the emulator's environment. Raises InvalidTemplateError with SAM's reasons.
    """
    done = subprocess.run(
        [str(python), "-W", "ignore", "-c", _TRANSLATE],
        input=json.dumps(template, default=str),
        env={"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "eu-central-1"},
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise InvalidTemplateError(done.stderr)
    translated: Json = json.loads(done.stdout)
    return translated
