"""Signing in through Directus."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field, SecretStr

from functions.api.http.openapi import problem_responses
from functions.api.http.problems import RequestError
from functions.api.http.security import DependenciesDep, OpenRoute
from functions.api.ports.login import Logins, SignedIn
from functions.api.schemas.requests import Request

router = APIRouter(tags=["Signing in"], route_class=OpenRoute)

_ANSWERS = problem_responses(400, 401, 404, 413, 415, 422, 503)
_LONGEST = 512


class LoginRequest(Request):
    """Who signs in."""

    email: str = Field(min_length=1, max_length=255)
    password: SecretStr = Field(min_length=1, max_length=_LONGEST)
    otp: SecretStr = Field(SecretStr(""), max_length=20, description="The second factor, where there is one.")


class RefreshRequest(Request):
    """A session that goes on, or ends."""

    refresh_token: SecretStr = Field(min_length=1, max_length=_LONGEST)


class Session(BaseModel):
    """The tokens of a session."""

    access_token: str
    refresh_token: str = Field(description="Good for one renewal.")
    expires_in: int = Field(description="Seconds that the access token holds.")


def _logins(dependencies: DependenciesDep) -> Logins:
    if dependencies.logins is None:
        raise RequestError(
            "directus-not-configured",
            "This deployment knows no Directus (DIRECTUS_URL). Sign in with an access token.",
            status=404,
        )
    return dependencies.logins


LoginsDep = Annotated[Logins, Depends(_logins)]


@router.post("/auth/login", responses=_ANSWERS)
def login(body: LoginRequest, logins: LoginsDep) -> Session:
    """Sign in with the e-mail address and password that Directus knows."""
    return _shown(logins.begin(body.email, body.password.get_secret_value(), body.otp.get_secret_value()))


@router.post("/auth/refresh", responses=_ANSWERS)
def refresh(body: RefreshRequest, logins: LoginsDep) -> Session:
    """Get new tokens before the old ones expire."""
    return _shown(logins.renew(body.refresh_token.get_secret_value()))


@router.post("/auth/logout", status_code=204, response_class=Response, responses=_ANSWERS)
def logout(body: RefreshRequest, logins: LoginsDep) -> None:
    """End the session; its access token holds until it expires."""
    logins.end(body.refresh_token.get_secret_value())


def _shown(session: SignedIn) -> Session:
    return Session(
        access_token=session.access_token,
        refresh_token=session.refresh_token,
        expires_in=session.expires_in,
    )
