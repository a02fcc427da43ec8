"""``make demo``: the whole way of one sample policy, from the upload to the result with evidence."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from infra.demo_calls import read_json, say, watch
from infra.local.errors import LocalError
from infra.local.paths import Paths
from infra.local.stack import LocalStack
from infra.tree import tree_lines

SAMPLE = Path("samples/helvora-de.pdf")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; return the exit status."""
    parser = argparse.ArgumentParser(description="Analyse a sample policy on the local stack.")
    parser.add_argument("--once", action="store_true", help="stop everything afterwards")
    parser.add_argument(
        "--directus", action="store_true", help="take a product from a real Directus, and seed it"
    )
    parser.add_argument("--document", type=Path, help=f"another document than {SAMPLE}")
    options = parser.parse_args(arguments)
    # A demo that is told to stop takes its servers with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    paths = Paths.from_environment(os.environ)
    stack, directus = LocalStack(paths), None
    try:
        if options.directus:
            from infra import demo_directus
            from infra.directus import local

            say("Starting Directus (the first time installs it: a minute, 500 MB) ...")
            directus = local.server(paths, os.environ)
            local.up(directus)
            stack = LocalStack(paths, local.stack_settings(directus))
        say("Starting the local stack (the first time installs the emulator and the functions' packages) ...")
        url = stack.up()
        if directus is None:
            _analyse(url, stack.token(), options.document or paths.root / SAMPLE)
        else:
            demo_directus.show(url, directus)
        if not options.once:
            _serve(url, _token_hint(stack, url) if directus is None else demo_directus.hint(url, directus))
    except (LocalError, httpx.HTTPError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    finally:
        stack.down()
        if directus is not None:
            directus.stop()
    return 0


def _analyse(url: str, token: str, document: Path) -> None:
    """Upload a document, watch its job and print what was found; raises LocalError where it fails."""
    with httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False
    ) as api:
        say(f"\nUploading {document.name} to POST {url}/jobs/upload")
        with document.open("rb") as file:
            answer = api.post("/jobs/upload", files={"file": (document.name, file)}, data={"export": "true"})
        job_id = str(read_json(answer)["job_id"])
        say(f"Job {job_id} accepted\n")
        job = watch(api, job_id)
        if job["status"] != "completed":
            raise LocalError(f"the job ended as {job['status']}: {(job.get('error') or {}).get('detail')}")
        say("")
        for name in ("num_segments", "num_benefits", "num_limits", "seeding_success"):
            say(f"{name:16} {str(job['result'][name]).lower()}")
        say("")
        for line in tree_lines(read_json(api.get(f"/jobs/{job_id}/result", follow_redirects=True))):
            say(line)


def _token_hint(stack: LocalStack, url: str) -> str:
    return f"""\
Sign in to the console with this token, or paste these lines:

  TOKEN={stack.token()}
  curl -s -H "Authorization: Bearer $TOKEN" -F file=@samples/helvora-fr.pdf {url}/jobs/upload
  curl -s -H "Authorization: Bearer $TOKEN" {url}/jobs
"""


def _serve(url: str, hint: str) -> None:
    """Print how to go on, and keep the stack up until Ctrl-C."""
    say(f"\nThe stack is up: the console at {url}, API and docs at {url}/docs.\n{hint}")
    say("Ctrl-C stops everything; the state is kept.\n")
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    sys.exit(main())
