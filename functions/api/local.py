"""The application as the local server runs it: one process for everything, waiting clients included."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI

from functions.api import app
from functions.api.waiting.settings import WaitSettings
from functions.api.waiting.shared_poller import SharedPoller


def create_app() -> FastAPI:
    """Return the application with event streams that do not end and waits of its own."""
    settings = WaitSettings()
    return app.create_app(settings=settings, watch=partial(SharedPoller, longest=settings.wait_seconds))
