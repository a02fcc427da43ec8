"""The digest behind an image's tag, asked of its registry (OCI distribution API, version 2)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from infra.local.errors import LocalError

# Where names without a host lie; there, a name without a slash stands below OFFICIAL.
DEFAULT_REGISTRY = "https://registry-1.docker.io"
OFFICIAL = "library/"
INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
DIGEST_HEADER = "Docker-Content-Digest"
# The functions' architecture, as the template names it (x86_64).
PLATFORM = ("linux", "amd64")
ANSWER_SECONDS = 30.0
LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}
_REFERENCE = re.compile(
    r"(?:(?P<host>localhost(?=[:/])|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|[A-Za-z0-9.-]+(?=:\d+/)|\[[0-9a-fA-F:]+\])"
    r"(?P<port>:\d+)?/)?(?P<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?P<digest>@sha256:[0-9a-f]{64})?",
    re.ASCII,
)


class RegistryError(LocalError):
    """The registry does not say which image a tag means, or what it says does not fit."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An image's name: ``host`` with its port ("" for the default registry), repository and tag."""

    host: str
    name: str
    tag: str

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read ``[HOST[:PORT]/]NAME[:TAG][@DIGEST]``; a digest is dropped. Raises RegistryError."""
        found = _REFERENCE.fullmatch(text)
        if found is None:
            raise RegistryError(f"{text!r} is no name of an image ([HOST/]NAME[:TAG])")
        host = (found["host"] or "") + (found["port"] or "")
        return cls(host, found["name"], found["tag"] or "latest")

    def __str__(self) -> str:
        return f"{self.host}/{self.name}:{self.tag}" if self.host else f"{self.name}:{self.tag}"


def resolve(reference: Reference, registry: str | None = None) -> str:
    """Return ``NAME:TAG@sha256:...``, the image that the tag means at this moment.

    For an image of several platforms this is the digest of their index. ``registry`` is asked instead of the
    image's own (a mirror). Nobody signs in: the image has to be public. The digest is computed from the
    answer, whatever its header says. Raises RegistryError.
    """
    base = registry or _address(reference.host)
    name = reference.name if reference.host or "/" in reference.name else OFFICIAL + reference.name
    url = f"{base.rstrip('/')}/v2/{name}/manifests/{reference.tag}"
    accept = {"Accept": ", ".join((*INDEXES, *MANIFESTS))}
    try:
        with httpx.Client(timeout=ANSWER_SECONDS, follow_redirects=True) as client:
            answer = client.get(url, headers=accept)
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                token = _token(client, answer, secure=url.startswith("https:"))
                answer = client.get(url, headers={**accept, "Authorization": f"Bearer {token}"})
    except httpx.HTTPError as error:
        raise RegistryError(f"{base} gave no answer about {reference}: {error}") from error
    _demand(answer, reference)
    digest = f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
    claimed = answer.headers.get(DIGEST_HEADER, digest)
    if claimed != digest:
        raise RegistryError(f"{reference}: the registry names {claimed}, but what it sent is {digest}")
    _demand_platform(answer, reference)
    return f"{reference}@{digest}"


def _address(host: str) -> str:
    """Return a registry's address; on the loopback it speaks plain HTTP, as with Docker."""
    if not host:
        return DEFAULT_REGISTRY
    return f"{'http' if host.rpartition(':')[0] in LOOPBACK or host in LOOPBACK else 'https'}://{host}"


def _token(client: httpx.Client, refused: httpx.Response, *, secure: bool) -> str:
    """Fetch the token that the refusal asks for, as somebody without an account."""
    scheme, _, rest = refused.headers.get("WWW-Authenticate", "").partition(" ")
    challenge = dict(re.findall(r'(\w+)="([^"]*)"', rest))
    realm = challenge.pop("realm", "")
    if scheme.lower() != "bearer" or not realm:
        raise RegistryError("the registry wants a login, which this command has not: the image is not public")
    if secure and urlsplit(realm).scheme != "https":
        raise RegistryError(f"the registry sends for a token to {realm}, which is not encrypted")
    wanted = {name: challenge[name] for name in ("service", "scope") if name in challenge}
    answer = client.get(realm, params=wanted)
    given = _json(answer) if answer.is_success else {}
    token = given.get("token") or given.get("access_token")
    if not isinstance(token, str):
        raise RegistryError(f"{realm} gave no token (status {answer.status_code})")
    return token


def _demand(answer: httpx.Response, reference: Reference) -> None:
    """Raise RegistryError unless the answer is a manifest."""
    status = answer.status_code
    if status == httpx.codes.NOT_FOUND:
        raise RegistryError(f"the registry has no image {reference}")
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        raise RegistryError(f"the registry does not show {reference} to everybody (status {status})")
    if status == httpx.codes.TOO_MANY_REQUESTS:
        wait = answer.headers.get("Retry-After")
        raise RegistryError(
            "the registry has answered too often: ask again " + (f"in {wait} s" if wait else "later")
        )
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    if status != httpx.codes.OK or kind not in {*INDEXES, *MANIFESTS}:
        raise RegistryError(f"the registry answered {status} ({kind or 'no type'}), and no manifest")


def _demand_platform(answer: httpx.Response, reference: Reference) -> None:
    """Raise RegistryError where an index lacks the functions' platform."""
    if answer.headers["Content-Type"].partition(";")[0] not in INDEXES:
        return
    platforms = [entry.get("platform", {}) for entry in _json(answer).get("manifests", ())]
    if PLATFORM not in {(platform.get("os"), platform.get("architecture")) for platform in platforms}:
        raise RegistryError(f"{reference} is not built for {'/'.join(PLATFORM)}")


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError as error:
        raise RegistryError(f"{answer.url.host} sent no JSON") from error
    return content if isinstance(content, dict) else {}
