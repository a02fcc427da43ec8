"""What clients accept, and the files of the console that they ask for."""

from __future__ import annotations

import re

from functions.api.routes.console import version
from tests.support.paths import ROOT

CONSOLE = [f"/console/{version()}/{file.name}" for file in (ROOT / "functions/api/static/console").iterdir()]


# What browsers say when they navigate and want a picture, a style, a font, and what fetch says.
ACCEPTS = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
    "text/css,*/*;q=0.1",
    "application/font-woff2;q=1.0,application/font-woff;q=0.9,*/*;q=0.8",
    "text/event-stream",
    "application/json",
    "*/*",
)


def first(accept: str) -> str:
    return re.split("[,;]", accept)[0].strip()
