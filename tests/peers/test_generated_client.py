"""A client that a kept generator makes of the OpenAPI document works: nobody has to write one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from infra.local.package import environment
from infra.local.stack import LocalStack
from shared.ids import uuid7
from tests.support.paths import OPENAPI

HERE = Path(__file__).parent / "generator"
DOCUMENT = OPENAPI
CALLS = """
import io, sys, time
from generated import AuthenticatedClient
from generated.api.jobs import get_job_status, list_jobs
from generated.api.uploads import upload
from generated.models import UploadForm
from generated.types import File

text = b"# Travel cover\\n\\n## Baggage\\n\\nWe pay up to GBP 800 for lost baggage, each person.\\n"
with AuthenticatedClient(sys.argv[1], sys.argv[2], raise_on_unexpected_status=True) as client:
    form = UploadForm(file=File(io.BytesIO(text), "terms.md", "text/markdown"), index=False)
    accepted = upload.sync(client=client, body=form)
    job_id = getattr(accepted, "job_id", None) or sys.exit(str(accepted))
    while (job := get_job_status.sync(job_id, client=client)).status not in ("completed", "failed"):
        time.sleep(0.2)
    assert [one.job_id for one in list_jobs.sync(client=client, kind="analysis").jobs] == [job_id]
    print(job.status, job.result["num_limits"])
"""


def test_a_generated_client_follows_a_job(stack: LocalStack, server_url: str, tmp_path: Path) -> None:
    python = environment(stack.paths, "generator", HERE / "requirements.txt", HERE / "constraints.txt")
    tools = {"PATH": f"{python.parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    command = [str(python.with_name("openapi-python-client")), "generate", "--path", str(DOCUMENT)]
    made = subprocess.run(
        [*command, "--meta", "none", "--output-path", str(tmp_path / "generated")],
        env=tools,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    # Nothing of the document was left out.
    assert "WARNING" not in made.stdout + made.stderr, made.stdout
    token = stack.token(f"generated-{uuid7()}")
    done = subprocess.run(
        [str(python), "-c", CALLS, server_url, token],
        cwd=tmp_path,
        env=tools,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    status, limits = done.stdout.split()
    assert status == "completed"
    assert int(limits) > 0
