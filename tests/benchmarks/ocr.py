"""Text recognition: character errors and seconds a page on one core, by kind of scan, and those of a peer."""

from __future__ import annotations

import io
import resource
import shutil
import subprocess
import time
from collections.abc import Callable

import numpy as np
from PIL import Image

from functions.analyze.extract import Visible, open_source
from functions.analyze.ocr.page import recognise
from functions.analyze.ocr.ppocr.engine import PaddleOcr
from infra.samples.scan import Scanner
from tests.benchmarks.figures import show
from tests.support.accuracy import error_rate
from tests.support.paths import SAMPLES

# The page with the table of benefits, in each language, and the language's name for the peer.
PAGES = (("helvora-de", 3, "deu"), ("helvora-fr", 3, "fra"), ("helvora-en", 3, "eng"))
RESOLUTIONS = (150, 200, 300)
KINDS = {"clean": (0.0, 0.0), "noisy": (24.0, 0.0), "skewed by 2 degrees": (8.0, 2.0)}

Reader = Callable[[Image.Image, int, str], str]


def _ours(engine: PaddleOcr) -> Reader:
    def read(image: Image.Image, dpi: int, _language: str) -> str:
        buffer = io.BytesIO()
        image.save(buffer, "PNG", dpi=(dpi, dpi))
        source = open_source(buffer.getvalue(), "scan.png")
        if not isinstance(source, Visible):
            raise TypeError("an image has a look")
        return recognise(source, source.pages(1, 1)[0], engine).text

    return read


def _peer(image: Image.Image, dpi: int, language: str) -> str:
    """Read with Tesseract's command line on one thread, told the language and the resolution."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    command = ["tesseract", "stdin", "stdout", "-l", language, "--dpi", str(dpi)]
    done = subprocess.run(
        command, input=buffer.getvalue(), capture_output=True, check=True, env={"OMP_THREAD_LIMIT": "1"}
    )
    return done.stdout.decode().replace("-\n", "")


def _languages() -> set[str]:
    """Return the languages that the peer has; none where it is not installed."""
    if shutil.which("tesseract") is None:
        return set()
    done = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def _processor() -> float:
    """Return the seconds that this process and those it waited for have had of a processor."""
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in spent)


def _line(read: Reader, dpi: int, kind: str, languages: set[str] | None = None) -> tuple[float, float]:
    """Return the mean character error rate, and the mean seconds of a processor a page."""
    noise, skew = KINDS[kind]
    rates, seconds = [], []
    for name, number, language in PAGES:
        if languages is not None and language not in languages:
            continue
        content = (SAMPLES / f"{name}.pdf").read_bytes()
        truth = open_source(content, "policy.pdf").pages(number, number)[0].text
        [image] = Scanner(dpi=dpi, noise=noise, skew=skew).scan(content, [number])
        began = _processor()
        rates.append(error_rate(" ".join(sorted(read(image, dpi, language).split())), _sorted(truth)))
        seconds.append(_processor() - began)
    return sum(rates) / len(rates), sum(seconds) / len(seconds)


def _sorted(text: str) -> str:
    """Return the words in alphabetical order: the peer reads tables in another order than we do."""
    return " ".join(sorted(text.split()))


def run() -> None:
    """Print a line for each resolution and kind of scan, and the peak of the memory."""
    engine, languages = PaddleOcr(), _languages() & {language for _, _, language in PAGES}
    began = time.perf_counter()
    engine.read(np.asarray(Scanner().scan((SAMPLES / "helvora-en.pdf").read_bytes(), [1])[0]))
    show("OCR: models loaded and a title page read", f"{time.perf_counter() - began:6.1f} s")
    for dpi in RESOLUTIONS:
        for kind in KINDS:
            rate, seconds = _line(_ours(engine), dpi, kind)
            peer = ""
            if languages:
                other, spent = _line(_peer, dpi, kind, languages)
                peer = f"   Tesseract {other:.2%} {spent:.1f} s, ratio of time {seconds / spent:.1f}"
            show(f"OCR: {dpi} dpi, {kind}", f"{rate:.2%} of characters wrong, {seconds:.1f} s a page{peer}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    show("OCR: peak memory of the process", f"{peak:6.0f} MB")
    if not languages:
        show("OCR: peer", "Tesseract with deu, fra or eng is not installed")


if __name__ == "__main__":
    run()
