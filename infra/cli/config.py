"""Where the API is and who calls: from options, the environment, a file, in this order.

Without any of them the address is that of a local stack. A token is never made up.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.cli.errors import CliError, NotSignedInError

URL, TOKEN = "CLAUSEWORKS_URL", "CLAUSEWORKS_TOKEN"
DEFAULT_URL = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Config:
    """An address without a slash at its end, and a token, which may be empty.

    ``refresh`` renews the token, where it is of a session that began by the command line.
    """

    url: str
    token: str
    refresh: str = ""

    def require_token(self) -> str:
        """Return the token; raises NotSignedInError."""
        if not self.token:
            raise NotSignedInError(f"You are not signed in: run clauseworks login, or set {TOKEN}.")
        return self.token


def path(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the file lies: below XDG_CONFIG_HOME, or ~/.config."""
    home = environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME", "~")).expanduser() / ".config"
    return Path(home) / "clauseworks" / "config.toml"


def load(url: str = "", token: str = "", environment: Mapping[str, str] = os.environ) -> Config:
    """Return what counts; raises CliError for a file that cannot be read."""
    filed = _read(path(environment))
    address = url or environment.get(URL, "") or filed.get("url", "") or DEFAULT_URL
    # A token goes to the address that it was stored for, and to no other.
    stored = filed if address.rstrip("/") == filed.get("url", "").rstrip("/") else {}
    if given := token or environment.get(TOKEN, ""):
        return Config(address.rstrip("/"), given)
    return Config(address.rstrip("/"), stored.get("token", ""), stored.get("refresh", ""))


def store(config: Config, environment: Mapping[str, str] = os.environ) -> Path:
    """Write the file, whole or not at all, for its owner's eyes only; return where it lies."""
    file = path(environment)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A string of JSON is one of TOML, too.
    values = {
        "url": config.url,
        "token": config.token,
        **({"refresh": config.refresh} if config.refresh else {}),
    }
    text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
    fresh = file.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as output:
        os.fchmod(output.fileno(), 0o600)
        output.write(text)
    return fresh.replace(file)


def forget(environment: Mapping[str, str] = os.environ) -> None:
    """Remove the file."""
    path(environment).unlink(missing_ok=True)


def _read(file: Path) -> dict[str, str]:
    try:
        return {name: str(value) for name, value in tomllib.loads(file.read_text("utf-8")).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CliError(f"{file} cannot be read ({error}). Mend it, or run clauseworks login.") from error
