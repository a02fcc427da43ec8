"""Replies that were paid for, kept with the job that asked: whatever removes the job removes them.

A job looks for an answer among its own, then among those of the owner's latest jobs about the same document
or product. The key is a digest of all that shapes an answer, the passages' text included: no other owner's,
no other document's and no outdated answer is ever found.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict

from functions.analyze.engines.llm.port import Message, Provider, Schema
from functions.analyze.engines.llm.prompts import VERSION
from shared.files import keys
from shared.files.port import FileMissingError, Files


class ReplyCache:
    """The answers of one job; ``earlier`` are the jobs whose answers serve again, none with ``no_cache``."""

    def __init__(self, files: Files, job_id: str, earlier: Sequence[str]) -> None:
        self._files = files
        self._jobs = (job_id, *earlier)

    def find(self, digest: str) -> str | None:
        """Return a kept reply; one of an earlier job becomes this job's too, and so outlives that one."""
        for number, job_id in enumerate(self._jobs):
            try:
                text = self._files.get(keys.model_reply(job_id, digest)).decode()
            except FileMissingError:
                continue
            if number > 0:
                self.keep(digest, text)
            return text
        return None

    def keep(self, digest: str, text: str) -> None:
        """Keep a reply that could be used. The same answer always has the same key: no fence is needed."""
        self._files.put(keys.model_reply(self._jobs[0], digest), text.encode(), "application/json")


def digest_of(provider: Provider, messages: Sequence[Message], schema: Schema) -> str:
    """Return the digest of all that an answer depends on."""
    whole = [
        provider.name,
        provider.model,
        VERSION,
        dict(provider.parameters),
        [asdict(message) for message in messages],
        [schema.name, schema.body],
    ]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
