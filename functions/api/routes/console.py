"""The web console: one page and its modules as they lie in the folder, unbuilt, and nothing from other hosts.

The modules stand below an address that follows from what they hold: they may be kept for ever, and a page
never mixes those of two releases.
"""

from __future__ import annotations

import hashlib
import html
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from functions.api.http.links import RootDep
from functions.api.http.problems import RequestError
from functions.api.http.security import DependenciesDep, SettingsDep
from shared.files.port import Files

_FOLDER = Path(__file__).parents[1] / "static" / "console"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_FIRST = ("dom", "session", "api", "notices", "text", "signin", "jobs")

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' {store}; "
    "connect-src 'self' {store}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)

router = APIRouter(include_in_schema=False)


@router.get("/")
def get_console(root: RootDep, dependencies: DependenciesDep, settings: SettingsDep) -> Response:
    """Show the console."""
    at = f"{html.escape(root)}/console/{version()}"
    login = " data-login" if dependencies.logins is not None else ""
    known = f'data-root="{html.escape(root)}" data-stage="{html.escape(settings.stage)}"{login}'
    preloads = "".join(f'<link rel="modulepreload" href="{at}/{name}.js">' for name in _FIRST)
    text = (
        f'<!doctype html><html lang="en" {known}><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Clauseworks</title>'
        '<meta name="description" content="What insurance documents grant, with the evidence.">'
        f'<link rel="icon" href="{at}/icon.svg"><link rel="stylesheet" href="{at}/console.css">{preloads}'
        f'<script type="module" src="{at}/main.js"></script></head><body>'
        '<a class="skip" href="#content">To the content</a>'
        '<header><strong>Clauseworks</strong><nav aria-label="Views"></nav><div id="account"></div></header>'
        '<main id="content"><noscript>The console needs JavaScript. The API does not: see '
        f'<a href="{html.escape(root)}/docs">its documentation</a>.</noscript></main></body></html>'
    )
    return HTMLResponse(
        text, headers={"Content-Security-Policy": _POLICY.format(store=origin(dependencies.files))}
    )


@router.get("/console/{release}/{name}")
def get_console_asset(release: str, name: str) -> Response:
    """Serve a module or the style; one of another release is served as it is now, and not kept."""
    asset = _assets().get(name)
    if asset is None:
        raise RequestError("not-found", "There is nothing at this address.", status=404)
    data, media_type = asset
    kept = "public, max-age=31536000, immutable" if release == version() else "no-store"
    return Response(data, media_type=media_type, headers={"Cache-Control": kept})


@cache
def version() -> str:
    """Return what stands for the content of all assets."""
    whole = hashlib.sha256()
    for name, (data, _) in sorted(_assets().items()):
        whole.update(f"{name}\n{len(data)}\n".encode() + data)
    return whole.hexdigest()[:12]


@cache
def _assets() -> dict[str, tuple[bytes, str]]:
    return {file.name: (file.read_bytes(), _TYPES[file.suffix]) for file in _FOLDER.iterdir()}


def origin(files: Files) -> str:
    """Return the origin that files are sent to and pictures come from, as signed addresses name it."""
    address = urlsplit(files.link("x", file_name="x", media_type="text/plain", seconds=1))
    return f"{address.scheme}://{address.netloc}"
