"""The documentation pages; their scripts and styles come from us, and they ask no other host.

The scripts are those of the package fastapi-offline, which carries Swagger UI (Apache-2.0) and ReDoc
(MIT); only its files are read.
"""

from __future__ import annotations

import html
import importlib.util
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from functions.api.http.links import RootDep
from functions.api.http.problems import RequestError

_OWN = Path(__file__).parents[1] / "static"
_PACKAGE = "fastapi_offline"

_FILES = {
    "swagger-ui-bundle.js": (_PACKAGE, "text/javascript"),
    "swagger-ui.css": (_PACKAGE, "text/css"),
    "redoc.standalone.js": (_PACKAGE, "text/javascript"),
    "docs.js": ("", "text/javascript"),
}

# Both pages set styles from scripts; ReDoc searches in a worker that it makes from a blob.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
def get_openapi(request: Request, root: RootDep) -> Response:
    """Describe the API, at the address that the request came by."""
    return JSONResponse({**request.app.openapi(), "servers": [{"url": root or "/"}]})


@router.get("/docs")
def get_docs(root: RootDep) -> Response:
    """Show Swagger UI."""
    scripts = _script(root, "swagger-ui-bundle.js") + _script(root, "docs.js")
    body = f'<div id="swagger-ui" data-root="{html.escape(root)}"></div>'
    return _page(root, body + scripts, "swagger-ui.css")


@router.get("/redoc")
def get_redoc(root: RootDep) -> Response:
    """Show ReDoc."""
    body = f'<redoc spec-url="{html.escape(root)}/openapi.json"></redoc>'
    return _page(root, body + _script(root, "redoc.standalone.js"))


@router.get("/assets/{name}")
def get_asset(name: str) -> Response:
    """Serve a script or style; it changes with the deployment only."""
    if name not in _FILES:
        raise RequestError("not-found", "There is nothing at this address.", status=404)
    package, media_type = _FILES[name]
    return Response(
        _read(package, name), media_type=media_type, headers={"Cache-Control": "public, max-age=86400"}
    )


@cache
def _read(package: str, name: str) -> bytes:
    spec = importlib.util.find_spec(package) if package else None
    folder = _OWN if spec is None or spec.origin is None else Path(spec.origin).parent / "static"
    return (folder / name).read_bytes()


def _page(root: str, body: str, style: str = "") -> Response:
    link = f'<link rel="stylesheet" href="{html.escape(root)}/assets/{style}">' if style else ""
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Clauseworks</title>'
        f'<link rel="icon" href="data:,">{link}</head><body>{body}</body></html>'
    )
    return HTMLResponse(text, headers={"Content-Security-Policy": _POLICY})


def _script(root: str, name: str) -> str:
    return f'<script src="{html.escape(root)}/assets/{name}"></script>'
