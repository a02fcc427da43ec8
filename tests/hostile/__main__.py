"""``python -m tests.hostile NAME`` reads one hostile file as the worker does, and prints what that took."""

from __future__ import annotations

import json
import resource
import sys

from functions.analyze.extract import ExtractionLimits
from functions.analyze.extract.guarded import GuardedSource
from shared.errors import PermanentError
from tests.hostile.catalogue import FILES

SECONDS = 8


def main(name: str) -> int:
    """Print code, detail, the text's length, peak memory in MB and seconds of CPU time as JSON."""
    file_name, make = FILES[name]
    data = make()
    before = _peak(resource.RUSAGE_SELF)
    found: dict[str, object] = {"code": "", "detail": "", "text": ""}
    try:
        source = GuardedSource(data, file_name, None, ExtractionLimits(seconds_a_step=SECONDS))
        document = source.assemble(source.pages(1, source.page_count))
        source.close()
        found["text"] = "\n".join(page.text for page in document.pages)[:200]
    except PermanentError as error:
        found.update(code=error.code, detail=error.detail)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    found["made_mb"] = before
    found["peak_mb"] = _peak(resource.RUSAGE_SELF) + _peak(resource.RUSAGE_CHILDREN)
    found["child_seconds"] = used[1].ru_utime + used[1].ru_stime
    print(json.dumps(found))
    return 0


def _peak(who: int) -> int:
    return resource.getrusage(who).ru_maxrss // 1024


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
