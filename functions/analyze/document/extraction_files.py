"""The files of a published extraction, as jobs that work on it read them."""

from __future__ import annotations

import json
from typing import Any

from shared.documents.extractions import extraction_gone
from shared.files.port import FileMissingError
from shared.jobs.workflow import Run

EXTRACTION = "extraction"
"""The parameter of an output job that holds the prefix of the files of its extraction."""

_FIRST_RELEASE = "understood"
"""The name of the parameter in jobs that the first release has made."""


def prefix_of(run: Run) -> str:
    """Return the prefix of the extraction that an output job works on."""
    return str(run.params.get(EXTRACTION) or run.params[_FIRST_RELEASE])


def read_json(run: Run, key: str) -> dict[str, Any]:
    """Return a file of an extraction; raises PermanentError where the extraction no longer exists."""
    try:
        content: dict[str, Any] = json.loads(run.files.get(key))
    except FileMissingError as error:
        raise extraction_gone() from error
    return content
