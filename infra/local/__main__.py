"""``python -m infra.local``: the commands of the local stack."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from infra.local import containers, emulator, logs, mail, server, tokens
from infra.local.derive import IMAGE_SUFFIX
from infra.local.errors import LocalError
from infra.local.paths import Paths
from infra.local.stack import LocalStack

STACK_FUNCTIONS = ("ApiFunction", "AnalyzeFunction", "CleanupFunction", "ReconcileFunction", "NotifyFunction")


QUEUES = (
    "AnalysisQueue",
    "CleanupQueue",
    "NotificationQueue",
    "AnalysisDeadLetterQueue",
    "CleanupDeadLetterQueue",
    "NotificationDeadLetterQueue",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options = _parser().parse_args(arguments)
    paths = Paths.from_environment(os.environ)
    try:
        stack = LocalStack(
            paths,
            _settings(paths),
            name=os.environ.get("CLAUSEWORKS_STACK", "clauseworks-local"),
            in_containers=options.containers,
        )
        options.run(stack, options)
    except (LocalError, BotoCoreError, ClientError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _settings(paths: Paths) -> Mapping[str, str]:
    """Return the settings of ``.env`` and of the environment, which wins; empty ones count as absent."""
    from dotenv import dotenv_values

    filed = {name: value for name, value in dotenv_values(paths.root / ".env").items() if value is not None}
    return {name: value for name, value in {**filed, **os.environ}.items() if value}


def _up(stack: LocalStack, options: argparse.Namespace) -> None:
    url = stack.up(options.port)
    _print_addresses(stack, url)


def _deploy(stack: LocalStack, _: argparse.Namespace) -> None:
    running = server.server(stack.paths)
    print(f"deployed to {stack.deploy().endpoint}")
    if running is not None:
        print(f"API restarted at {stack.serve()}")


def _down(stack: LocalStack, options: argparse.Namespace) -> None:
    stopped = stack.down(wipe=options.wipe)
    print("stopped" if stopped else "nothing was running")


def _status(stack: LocalStack, _: argparse.Namespace) -> None:
    deployed = stack.deployed
    process = server.server(stack.paths)
    _print_addresses(stack, server.url_of(process) if process else "not running")
    emulated = emulator.running(stack.paths)
    print(f"emulator    {f'process {emulated.pid}' if emulated else 'a foreign endpoint'}")
    if containers.enabled(stack.paths):
        print(f"containers  {', '.join(containers.PACKAGES)}")
    sqs = stack.client("sqs")
    for queue in QUEUES:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = sqs.get_queue_attributes(QueueUrl=deployed.outputs[f"{queue}Url"], AttributeNames=names)
        waiting, in_flight = (counts["Attributes"][name] for name in names)
        print(f"{queue:<28} {waiting} waiting, {in_flight} in flight")


def _logs(stack: LocalStack, options: argparse.Namespace) -> None:
    outputs = stack.deployed.outputs
    names = [outputs[f"{function}Name"].removesuffix(IMAGE_SUFFIX) for function in STACK_FUNCTIONS]
    groups = [f"/aws/lambda/{name}" for name in names]
    for line in logs.read(stack.client("logs"), groups, job_id=options.job, follow=options.follow):
        print(line, flush=True)


def _inbox(stack: LocalStack, _: argparse.Namespace) -> None:
    for message in mail.inbox(stack.deployed):
        print(f"{message.at}  to {', '.join(message.to)}  {message.subject}")
        print("\n".join(f"    {line}" for line in message.text.splitlines()))


def _token(stack: LocalStack, options: argparse.Namespace) -> None:
    print(stack.token(options.subject, admin=options.admin, role=options.role, ttl_seconds=options.ttl))


def _print_addresses(stack: LocalStack, url: str) -> None:
    deployed = stack.deployed
    print(f"API         {url}")
    print(f"docs        {url}/docs")
    print(f"gateway     {deployed.gateway_url}")
    print(f"AWS         {deployed.endpoint} (region us-east-1, any credentials)")
    print("token       python -m infra.local token [--admin]")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.local",
        description="The stack on this machine. With AWS_ENDPOINT_URL set it is deployed there instead.",
    )
    parser.set_defaults(containers=None)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="start the emulator, deploy, serve the API")
    up.add_argument("--port", type=int, help="port of the API (8000, or a free one)")
    up.add_argument(
        "--containers", action="store_true", help="run analyze and cleanup as their images (needs Docker)"
    )
    up.set_defaults(run=_up)

    redeploy = commands.add_parser("deploy", help="bring changed code and template to the running stack")
    redeploy.set_defaults(run=_deploy)

    down = commands.add_parser("down", help="stop everything; the state is kept")
    down.add_argument("--wipe", action="store_true", help="remove the state too")
    down.set_defaults(run=_down)

    status = commands.add_parser("status", help="show addresses, processes and queues")
    status.set_defaults(run=_status)

    show = commands.add_parser("logs", help="show the functions' log lines")
    show.add_argument("--follow", "-f", action="store_true", help="go on until interrupted")
    show.add_argument("--job", metavar="ID", help="only the lines of one job")
    show.set_defaults(run=_logs)

    inbox = commands.add_parser("inbox", help="show the e-mails that were sent, instead of sending them")
    inbox.set_defaults(run=_inbox)

    token = commands.add_parser("token", help="print an access token")
    token.add_argument("--admin", action="store_true", help="with admin_access")
    token.add_argument("--subject", default=tokens.SUBJECT, help="the user's id")
    token.add_argument("--role", help="the user's role")
    token.add_argument("--ttl", type=int, default=3600, metavar="SECONDS", help="life time (3600)")
    token.set_defaults(run=_token)
    return parser


if __name__ == "__main__":
    sys.exit(main())
