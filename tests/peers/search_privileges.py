"""What the statements for searching are for; see ``privileges``."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from tests.peers.privileges import World

SECONDS = 90.0


def search(world: World) -> None:
    """Have a new document indexed, and find it; raises DeniedError where the search was refused."""
    document = world.upload()["document_id"]
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        question = {"query": "luggage", "document_id": document}
        answer = world.call("POST", "/search", json=question).json()
        if answer.get("documents"):
            assert answer["hits"]
            return
        time.sleep(0.5)
    raise AssertionError(f"neither found nor refused within {SECONDS} s: {answer}")


# Under conditions that this stack does not meet: no emulator has these services.
ELSEWHERE = {
    "EmbeddingsKey": "only where an endpoint makes the embeddings",
    "EmbeddingsModel": "only where Bedrock makes the embeddings",
    "KeepVectors": "the emulator has no S3 Vectors",
    "FindVectors": "the emulator has no S3 Vectors",
    "RemoveVectors": "the emulator has no S3 Vectors",
}

SEARCH_USES: Mapping[tuple[str, str], Callable[[World], object]] = {
    ("ApiRole", "Search"): search,
    ("SearchRole", "Shelves"): search,
    ("SearchRole", "ReadIndexes"): search,
}
