"""``python -m infra.aws secrets|preflight|deploy dev|prod``: store a stage's secrets, check, deploy it.

Works with the caller's own account: credentials and region are those of the environment, as for the AWS CLI.
samconfig.toml has the settings of the stages.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Sequence

from infra.aws.deploy import deploy, may_deploy, stages, store_secrets
from infra.local.errors import LocalError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.aws", description=__doc__)
    parser.add_argument("command", choices=("secrets", "preflight", "deploy"))
    parser.add_argument("stage", choices=tuple(stages()), help="one of samconfig.toml")
    options = parser.parse_args(arguments)
    try:
        if options.command == "deploy":
            return deploy(options.stage)
        if options.command == "preflight":
            return 0 if may_deploy(options.stage) else 1
        import boto3

        store_secrets(boto3.client("ssm"), options.stage, os.environ, getpass.getpass)
    except LocalError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
