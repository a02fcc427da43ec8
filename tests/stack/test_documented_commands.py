"""Every command of the README and of the pages in docs/ works as it is written there."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx
import pytest

from infra.local.stack import LocalStack
from tests.support.documented import commands, commands_of, pages
from tests.support.paths import OPENAPI, ROOT, SAMPLES
from tests.support.stack.api import WAIT_SECONDS, bearer, wait

COMMANDS = commands()
CURLS = [command for command in COMMANDS if command.startswith("curl")]
# Run by tests of their own, or as a whole by whoever runs this one.
ELSEWHERE = {
    "make setup": "this run",
    "make check": "the run of continuous integration",
    "make format": "the run of continuous integration, by make check",
    "make demo": "test_demo_shows_a_result_with_evidence",
    "make test": "this run",
    "python -m infra.local up": "test_local_lifecycle.py",
    "python -m infra.local deploy": "test_local_lifecycle.py",
    "python -m infra.local down": "test_local_lifecycle.py",
    "make demo DIRECTUS=1 ONCE=1": "test_directus_commands.py",
    "python -m infra.directus up": "test_directus_commands.py",
    "python -m infra.directus status": "test_directus_commands.py",
    "python -m infra.directus bootstrap": "test_directus_commands.py",
    "python -m infra.directus down": "test_directus_commands.py",
    "python -m functions.analyze.evaluation.labels": "component/analyze/evaluation/test_labels.py",
    "make images": "test_containers_images.py",
    "python -m infra.local up --containers": "test_containers.py",
    "python -m infra.images sizes": "test_containers_images.py",
    "make hashes": "asks the package index; commands/test_hashes.py checks what it wrote",
    "python -m infra.images digest": "commands/test_digest.py",
    "python -m infra.images sam": "test_containers_sam.py",
    "python -m infra.aws.quotas": "test_quotas.py",
    "make secrets STAGE=dev": "needs an account; test_aws.py has its parts",
    "python -m infra.aws preflight dev": "component/infra/preflight/test_deploy.py",
    "make deploy STAGE=dev": "component/infra/preflight/test_deploy.py",
    "AWS_ENDPOINT_URL=http://127.0.0.1:4566 .venv/bin/python -m infra.local up": "test_local_lifecycle.py",
    "make test-localstack": "this run, at another endpoint",
    "python -m infra.localstack up": "test_localstack.py",
    "python -m infra.localstack status": "test_localstack.py",
    "python -m infra.localstack down": "test_localstack.py",
    "docker run --rm -p 127.0.0.1:4566:4566": "peers/test_localstack_needs.py has its settings",
    "clauseworks": "test_cli.py",
    "aws ": "test_removal.py",
    "sam delete": "test_removal.py",
    'python -c "import boto3': "test_removal.py",
}
HERE = (
    "curl",
    "API=",
    "TOKEN=",
    "ADMIN=",
    "AUTH=",
    "make evaluate",
    "python -m infra.local status",
    "python -m infra.local token",
    "python -m infra.local logs",
    "python -m infra.local inbox",
    "python -m infra.architecture",
    ".venv/bin/python -m pytest",
)
ALLOWED_STATUS = {
    "pause": {200, 409},
    "resume": {200, 409},
    "cancel": {200, 409},
    "unlock": {200, 409},
    "redeliver": {202, 409},
    "tree": {200, 409},
}
# The stack of the tests knows no Directus, and says so of these.
OF_DIRECTUS = ("/auth/", "/products", "PRODUCT_ID")


@dataclass(frozen=True)
class Shell:
    """A shell in the checkout, with the variables that the pages set."""

    environment: dict[str, str]

    def run(self, command: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def local_environment(stack: LocalStack) -> dict[str, str]:
    """Return an environment in which ``python -m infra.local`` finds the stack of this run."""
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "CLAUSEWORKS_STATE": str(stack.paths.state),
        "CLAUSEWORKS_CACHE": str(stack.paths.cache),
    }


@pytest.fixture
def shell(stack: LocalStack, server_url: str) -> Shell:
    token, admin = stack.token("reader"), stack.token("operator", admin=True)
    auth = f"Authorization: Bearer {token}"
    return Shell(local_environment(stack) | {"API": server_url, "TOKEN": token, "ADMIN": admin, "AUTH": auth})


def test_every_curl_line_is_answered(shell: Shell) -> None:
    assert len(CURLS) > 15
    upload = next(line for line in CURLS if "jobs/upload" in line)
    first = json.loads(shell.run(without_index(upload)))
    ids = {"JOB_ID": first["job_id"], "DOCUMENT_ID": first["document_id"]}
    with httpx.Client(
        base_url=shell.environment["API"], headers=bearer(shell.environment["TOKEN"]), trust_env=False
    ) as api:
        wait(api, first["job_id"])
        # What is deleted serves no other line: these go last.
        for line in sorted((line for line in CURLS if line != upload), key=deletes_document):
            if deletes_document(line):
                let_jobs_end(api, ids["DOCUMENT_ID"])
            if "NOTIFICATION_ID" in line:
                ids["NOTIFICATION_ID"] = notification_of(api, ids["JOB_ID"])
            command = re.sub(
                "[A-Z]+_ID", lambda found: ids.get(found.group(), found.group()), without_index(line)
            )
            output = shell.run(f"{command} -w '\\n%{{http_code}}'")
            body, status = output.rsplit("\n", 1)
            if any(part in line for part in OF_DIRECTUS):
                assert json.loads(body)["type"].endswith("directus-not-configured"), f"{command}\n{output}"
                continue
            steering = command.rstrip('"').rsplit("/", 1)[1]
            allowed = ALLOWED_STATUS.get(steering, {200, 201, 202, 204})
            assert int(status) in allowed, f"{command}\n{output}"
            if steering == "webhooks" and "--json" in command:
                ids["WEBHOOK_ID"] = json.loads(body)["webhook_id"]
            if "webhook_url" in command:
                ids["JOB_ID"] = json.loads(body)["job_id"]


def without_index(line: str) -> str:
    """Return a line that asks for no index where it starts an analysis.

    An index takes many times as long as an analysis; search.sh of the manual scripts makes one and asks it.
    """
    if "/jobs/analysis" in line:
        return line.replace("'{", '\'{"index": false, ', 1)
    return f"{line} -F index=false" if "/jobs/upload" in line else line


def deletes_document(line: str) -> bool:
    return "-X DELETE" in line and "/documents/" in line


def let_jobs_end(api: httpx.Client, document_id: str) -> None:
    """Wait for all jobs about a document, which would refuse its removal."""
    for job in api.get(f"/documents/{document_id}").raise_for_status().json()["jobs"]:
        wait(api, job["job_id"])


def notification_of(api: httpx.Client, job_id: str) -> str:
    """Return a notification of a job, once there is one."""
    wait(api, job_id)
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if found := api.get(f"/jobs/{job_id}/notifications").json()["notifications"]:
            return str(found[0]["notification_id"])
        time.sleep(0.2)
    raise AssertionError(f"job {job_id} has told nobody")


def test_every_call_of_the_api_is_shown() -> None:
    document = json.loads(OPENAPI.read_text())
    for path in document["paths"]:
        pattern = re.escape(path)
        pattern = re.sub(r"\\{\w+\\}", r"[\\w./-]+", pattern)
        assert any(re.search(rf"\$API{pattern}[\"?]", line) for line in CURLS), path


def test_the_assignments_give_tokens(shell: Shell) -> None:
    assignments = [command for command in COMMANDS if command.startswith(("TOKEN=", "ADMIN="))]
    assert len(assignments) == 2
    for assignment in assignments:
        name = assignment.split("=")[0]
        script = assignment.replace(".venv/bin/python", shlex.quote(sys.executable))
        assert shell.run(f'{script}\necho "${name}"').count(".") == 2


@pytest.mark.parametrize("arguments", ["status", "token --admin", "logs --job JOB_ID"])
def test_the_commands_of_the_local_stack_answer(shell: Shell, arguments: str) -> None:
    assert any(command.startswith(f"python -m infra.local {arguments}") for command in COMMANDS)
    shell.run(f"{shlex.quote(sys.executable)} -m infra.local {arguments}")


@pytest.mark.embedded_only(reason="only the local stack's own emulator shows the e-mails that it took")
def test_the_inbox_is_shown(shell: Shell) -> None:
    assert "python -m infra.local inbox" in COMMANDS
    shell.run(f"{shlex.quote(sys.executable)} -m infra.local inbox")


def test_tests_run_alone_and_by_a_seed(shell: Shell) -> None:
    runs = [command for command in COMMANDS if command.startswith(".venv/bin/python -m pytest")]
    assert len(runs) == 2
    for run in runs:
        printed = shell.run(run.replace(".venv/bin/python", shlex.quote(sys.executable)))
        assert re.search(r"^=+ \d+ passed in", printed, re.MULTILINE)


def test_a_folder_is_evaluated(shell: Shell, tmp_path: Path) -> None:
    command = next(command for command in COMMANDS if command.startswith("make evaluate"))
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "small.md").write_bytes((SAMPLES / "small.md").read_bytes())
    out = tmp_path / "out"
    script = command.replace("DOCUMENTS=samples", f"DOCUMENTS={documents}").replace("build/results", str(out))
    printed = shell.run(script)
    assert re.search(r"^benefits +1\.000 +1\.000 +1\.000", printed, re.MULTILINE)
    assert "calibration error" in printed
    assert json.loads((out / "small.json").read_text())["segments"]


@pytest.mark.embedded_only(reason="the demo starts the local stack's own emulator")
def test_demo_shows_a_result_with_evidence(stack: LocalStack, tmp_path: Path) -> None:
    environment = local_environment(stack) | {"CLAUSEWORKS_STATE": str(tmp_path / "state")}
    output = Shell(environment).run(f"{shlex.quote(sys.executable)} -m infra.demo --once")
    for expected in ("num_segments", "num_benefits", "num_limits", "seeding_success  false"):
        assert expected in output
    assert re.search(r"100 %\s+completed", output)
    assert len(re.findall(r"page \d+: “.+”", output)) > 10
    counts = dict(re.findall(r"^(num_\w+)\s+(\d+)$", output, re.MULTILINE))
    assert all(int(count) > 0 for count in counts.values())


def tried(command: str) -> bool:
    """Say whether a test runs the command, or its parts where it needs an account of AWS."""
    return command.startswith((*HERE, *ELSEWHERE))


def test_no_command_is_left_untried() -> None:
    assert [command for command in COMMANDS if not tried(command)] == []


def test_a_new_command_in_a_page_is_noticed() -> None:
    page = "Text.\n\n```sh\npython -m infra.local dance  # a new one\n# a comment\ncurl -s \\\n  x\n```\n"
    assert list(commands_of(page)) == ["python -m infra.local dance", "curl -s    x"]
    assert [tried(command) for command in commands_of(page)] == [False, True]


def test_no_other_code_is_left_untried() -> None:
    languages = {
        (page.name, language)
        for page in pages()
        for language in re.findall(r"^```(\w+)$", page.read_text("utf-8"), re.MULTILINE)
    }
    # test_push.py runs that of push.md.
    assert {entry for entry in languages if entry[1] not in {"sh", "mermaid", "json"}} == {
        ("push.md", "python")
    }


def test_the_command_line_takes_what_is_shown() -> None:
    shown = [shlex.split(command)[1:] for command in COMMANDS if command.startswith("clauseworks")]
    # `local` hands everything over to `python -m infra.local`, which has lines of its own.
    assert ["local", "up"] in shown
    for words in shown:
        if words[0] == "local":
            continue
        help_text = help_of(tuple(words[: 2 if words[0] == "admin" else 1]))
        options = [word for word in words if word.startswith("--")]
        assert [option for option in options if option not in help_text] == [], words


@cache
def help_of(command: tuple[str, ...]) -> str:
    """Return the help of a subcommand, of the whole command line where ``command`` is an option of it."""
    path = [word for word in command if not word.startswith("--")]
    done = subprocess.run(
        [sys.executable, "-m", "infra.cli", *path, "--help"],
        cwd=ROOT,
        env=dict(os.environ) | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout
