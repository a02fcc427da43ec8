"""Gather what is known, decide, print the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from infra.aws.preflight.account import Account
from infra.aws.preflight.facts import Facts, Identity, Unanswered
from infra.aws.preflight.findings import findings
from infra.aws.preflight.page import page, stops
from infra.aws.preflight.services import services
from infra.aws.preflight.stage import Stage
from infra.images.sam import require_sam
from infra.local.docker.engine import require_engine
from infra.local.errors import LocalError
from infra.local.paths import Paths

if TYPE_CHECKING:
    from boto3 import Session


def preflight(stage: Stage, paths: Paths) -> bool:
    """Print the page of a stage; say whether it may be deployed."""
    facts = gather(stage, paths)
    found = findings(stage, facts)
    print(page(stage, facts, found), flush=True)
    return not stops(found)


def gather(stage: Stage, paths: Paths) -> Facts:
    """Ask this machine, boto3's data and the account, with the region and profile that the SAM CLI takes."""
    from boto3 import Session
    from botocore.exceptions import ProfileNotFound

    tools = {"Docker engine": _trouble(require_engine), "SAM CLI": _trouble(lambda: require_sam(paths))}
    try:
        session = Session(profile_name=stage.profile or None, region_name=stage.region or None)
    except ProfileNotFound as error:
        return Facts(stage.region, Unanswered("sts:GetCallerIdentity", "", str(error)), None, {}, tools)
    region = session.region_name or ""
    services_of = _regions(session, services(stage), region)
    account = Account(session) if region else None
    identity = account.identity() if account else None
    answers = account.facts(stage, identity) if account and isinstance(identity, Identity) else None
    return Facts(region, identity, answers, services_of, tools)


def _regions(session: Session, names: list[str], region: str) -> dict[str, list[str]]:
    from botocore.exceptions import UnknownRegionError

    try:
        partition = session.get_partition_for_region(region) if region else "aws"
    except UnknownRegionError:
        partition = "aws"
    return {name: session.get_available_regions(name, partition_name=partition) for name in names}


def _trouble(require: Callable[[], object]) -> str:
    try:
        require()
    except LocalError as error:
        return str(error)
    return ""
