"""The extraction: pages a second, memory, size of its packages, and its words against another reader's.

The peers are the bare text of the same PDF library, and poppler's pdftotext where it is installed. Documents
of ``EVALUATION_DIR`` are measured, too, where it is set.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from importlib.metadata import PackageNotFoundError, distribution, requires
from pathlib import Path

import pypdfium2

from functions.analyze.extract import DEFAULT_LIMITS, open_source
from functions.analyze.extract.guarded import GuardedSource
from tests.benchmarks.figures import show
from tests.support.extraction_shares import shares, whole, words
from tests.support.fakes.long_documents import long_policy
from tests.support.paths import ROOT, SAMPLES

ROUNDS = 3
LONG = 400


def _documents() -> list[Path]:
    folder = Path(os.environ.get("EVALUATION_DIR", "nowhere"), "documents")
    samples = (path for path in SAMPLES.glob("*.pdf") if not path.stem.endswith("-scan"))
    return [*sorted(samples), *sorted(folder.glob("*.pdf"))]


def _extract(data: bytes) -> int:
    with closing(open_source(data, "sample.pdf", "application/pdf")) as source:
        source.assemble(source.pages(1, source.page_count))
        return source.page_count


def _guarded(data: bytes) -> int:
    with closing(GuardedSource(data, "sample.pdf", "application/pdf", DEFAULT_LIMITS)) as source:
        source.assemble(source.pages(1, source.page_count))
        return source.page_count


def _bare_text(data: bytes) -> int:
    with pypdfium2.PdfDocument(data) as document:
        for page in document:
            page.get_textpage().get_text_bounded()
        return len(document)


def _poppler(data: bytes) -> int:
    subprocess.run(["pdftotext", "-bbox-layout", "-", "-"], input=data, capture_output=True, check=True)
    return _bare_count(data)


def _bare_count(data: bytes) -> int:
    with pypdfium2.PdfDocument(data) as document:
        return len(document)


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _rate(read: Callable[[bytes], int], files: list[bytes]) -> float:
    """Return pages a second of CPU time, children's included: other processes on the machine do not count."""
    read(files[0])
    began = _cpu_seconds()
    pages = sum(read(data) for _ in range(ROUNDS) for data in files)
    return pages / (_cpu_seconds() - began)


def _speed(files: list[bytes]) -> None:
    bare = _rate(_bare_text, files)
    show("bare text of the same library", f"{bare:6.1f} pages/s of CPU time")
    readers = [
        ("extraction with structure and word boxes", _extract),
        ("the same in a process apart", _guarded),
    ]
    if shutil.which("pdftotext"):
        readers.append(("pdftotext -bbox-layout (blocks and word boxes)", _poppler))
    for name, read in readers:
        rate = _rate(read, files)
        show(name, f"{rate:6.1f} pages/s of CPU time   ratio to bare {rate / bare:.2f}")


def _long_document() -> None:
    """Print time and peak memory of a long document, read in a fresh process."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.extraction"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, peak = done.stdout.split()
    clock = time.perf_counter() - began
    show(f"a document of {LONG} full pages", f"{float(seconds):6.1f} s of CPU time, {clock:.1f} s in all")
    show("peak memory of worker and child", f"{int(peak):6} MB")


def _agreement() -> None:
    """Print which share of the words that poppler reads are found, and of its pairs of neighbours."""
    if not shutil.which("pdftotext"):
        show("words against pdftotext", "not installed (poppler-utils)")
        return
    for path in _documents():
        with closing(open_source(path.read_bytes(), path.name)) as source:
            ours = words(whole(source.assemble(source.pages(1, source.page_count))))
        figures = []
        for option in ("-layout", "-nopgbrk"):
            command = ["pdftotext", "-enc", "UTF-8", option, str(path), "-"]
            text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            recall, order = shares(ours, words(text))
            figures.append(f"{recall:.4f} in order {order:.4f}")
        layout, reading = figures
        show(f"words of {path.name}", f"{reading}   (-layout, across columns: {layout})")


def _packages() -> None:
    """Print the size of what the analyze image installs, with what each package needs."""
    names = (ROOT / "functions" / "analyze" / "requirements.txt").read_text("utf-8").split()
    wanted, sizes = [re.split(r"[\[=<>;]", name)[0] for name in names if not name.startswith("-")], {}
    while wanted:
        name = wanted.pop().lower().replace("_", "-")
        if name in sizes:
            continue
        try:
            files = distribution(name).files or []
        except PackageNotFoundError:
            continue
        sizes[name] = sum(
            Path(str(file.locate())).stat().st_size for file in files if Path(str(file.locate())).is_file()
        )
        needs = [need for need in requires(name) or [] if "extra ==" not in need]
        wanted += [re.split(r"[\s\[(=<>;!~]", need)[0] for need in needs]
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:5]
    named = ", ".join(f"{name} {size / 1e6:.0f}" for name, size in largest)
    show("packages of the analyze image", f"{sum(sizes.values()) / 1e6:6.0f} MB ({named})")


def run() -> None:
    """Print speed, memory, agreement with a peer, and the size of the packages."""
    files = [path.read_bytes() for path in _documents()]
    _speed(files)
    _long_document()
    _agreement()
    _packages()


def _read_long() -> None:
    """Be the fresh process: print seconds of CPU time and peak memory in MB."""
    data = long_policy(LONG - 1, annex=1)
    began = _cpu_seconds()
    _guarded(data)
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(_cpu_seconds() - began, sum(peaks) // 1024)


if __name__ == "__main__":
    _read_long()
