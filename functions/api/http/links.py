"""Addresses in answers: paths from the root, with the gateway's stage or version prefix before them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request


def root_of(request: Request) -> str:
    """Return the path that the API is served under for this request, without a slash at its end."""
    return str(request.scope.get("root_path", "")).rstrip("/")


RootDep = Annotated[str, Depends(root_of)]
