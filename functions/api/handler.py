"""The Lambda handler of the api function: HTTP in, jobs out."""

from __future__ import annotations

from functions.api.app import create_app
from functions.api.http.gateway import handler_of

app = create_app()
handler = handler_of(app)
