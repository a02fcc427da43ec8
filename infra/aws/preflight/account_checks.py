"""What the account's answers mean for a stage. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from infra.aws.preflight.facts import (
    UNREACHABLE,
    Facts,
    Finding,
    Identity,
    Leftovers,
    Level,
    Rights,
    Sender,
    StackState,
    Unanswered,
)
from infra.aws.preflight.stage import Stage

# The SAM CLI makes a change set for a new stack from here, as from nothing.
ONLY_REVIEWED = "REVIEW_IN_PROGRESS"
# A stack in these takes an update.
UPDATABLE = {
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_FAILED",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
}


def credentials(identity: Identity | Unanswered | None) -> Finding:
    """Say who calls."""
    if identity is None:
        return Finding("credentials", Level.WARNING, "not asked: there is no region", ["set a region first"])
    if isinstance(identity, Unanswered) and identity.code == UNREACHABLE:
        remedy = ["reach AWS from this machine (network, proxy, AWS_ENDPOINT_URL), then ask again"]
        return Finding("credentials", Level.STOP, identity.reason, remedy)
    if isinstance(identity, Unanswered):
        return Finding(
            "credentials",
            Level.STOP,
            identity.reason,
            [
                "sign in (`aws sso login`, `aws configure`), or set AWS_PROFILE or the keys' variables",
                "a region that the account has not enabled refuses all credentials",
            ],
        )
    if identity.arn.endswith(":root"):
        remedy = ["deploy as a role or a user of its own, whose keys can be withdrawn"]
        return Finding("credentials", Level.WARNING, "these are the root user's own keys", remedy)
    return Finding("credentials", Level.OK, identity.arn)


def region(facts: Facts) -> Finding:
    """Tell whether there is a region, with every service of the template in it."""
    if not facts.services:
        return Finding(
            "region", Level.WARNING, "not known: there is no such profile", ["mend credentials first"]
        )
    known = facts.services.get("lambda", ())
    if not facts.region:
        remedy = ["set AWS_DEFAULT_REGION (boto3 does not read AWS_REGION), or `region` of the profile"]
        return Finding("region", Level.STOP, "no region is set", remedy)
    if facts.region not in known:
        nearest = ", ".join(entry for entry in known if entry.startswith(facts.region.split("-")[0] + "-"))
        remedy = [f"choose one of {nearest or ', '.join(known)}"]
        return Finding("region", Level.STOP, f"{facts.region} is no region that boto3 knows", remedy)
    missing = [name for name, places in facts.services.items() if facts.region not in places]
    if missing:
        return Finding(
            "region",
            Level.STOP,
            f"{facts.region} has no {', '.join(missing)}",
            [f"choose a region with all of {', '.join(facts.services)}, or leave out what needs them"],
        )
    return Finding("region", Level.OK, f"{facts.region} has the {len(facts.services)} services of the stage")


def rights(found: Rights) -> Finding:
    """List by action what the caller may not do."""
    remedy = ["let whoever administers the account grant these actions to the caller"]
    if found.missing:
        seen = f"{len(found.missing)} of {found.asked} actions are not allowed: {', '.join(found.missing)}"
        return Finding("permissions", Level.STOP, seen, remedy)
    if found.unsimulated:
        return Finding(
            "permissions",
            Level.WARNING,
            f"the {found.asked} reading actions that were tried are allowed; whether the caller may write is "
            f"not known, since IAM did not tell: {found.unsimulated}",
            ["allow iam:SimulatePrincipalPolicy and iam:GetRole to have all checked, or go on and see"],
        )
    if found.unsure:
        seen = f"allowed only under conditions that cannot be checked here: {', '.join(found.unsure)}"
        return Finding("permissions", Level.WARNING, seen, ["read the conditions of the caller's policies"])
    return Finding("permissions", Level.OK, f"all {found.asked} actions are allowed")


def wanted_secrets(stage: Stage) -> dict[str, str]:
    """Return the parameters in SSM that the stage's functions read, with what each is."""
    secrets = {stage.value("DirectusSecretParameter"): "what signs access tokens"}
    if stage.value("DirectusUrl"):
        secrets[stage.value("DirectusTokenParameter")] = "the workers' token for Directus"
    if stage.value("OpenaiBaseUrl"):
        secrets[stage.value("OpenaiApiKeyParameter")] = "the key of the engine openai"
    if stage.value("Embeddings") == "openai":
        secrets[stage.value("EmbeddingsKeyParameter")] = "the key of the embeddings"
    return secrets


def secrets(stage: Stage, types: Mapping[str, str]) -> Finding:
    """Compare the parameters that the stage reads with those that SSM has, by type."""
    wanted = wanted_secrets(stage)
    missing = [f"{name} ({meaning})" for name, meaning in wanted.items() if name not in types]
    plain = [name for name in wanted if types.get(name, "SecureString") != "SecureString"]
    store = f"$ make secrets STAGE={stage.name}"
    if missing:
        seen = f"SSM has no {', no '.join(missing)}"
        return Finding("secrets", Level.STOP, seen, ["store them:", store])
    if plain:
        seen = f"not encrypted in SSM: {', '.join(plain)}"
        return Finding(
            "secrets", Level.WARNING, seen, ["delete them, and store them as SecureString:", store]
        )
    return Finding("secrets", Level.OK, f"SSM has {', '.join(wanted)}")


def sender(stage: Stage, found: Sender) -> Finding:
    """Tell whether e-mails have a verified sender, and whether SES sends them."""
    address = stage.value("MailFrom")
    if not found.identity:
        return Finding(
            "e-mail",
            Level.STOP,
            f"SES has neither {address} nor its domain as a verified identity in this region",
            [
                "verify it (the address gets a link), or set MailFrom to none:",
                f"$ aws sesv2 create-email-identity --email-identity {address}",
            ],
        )
    if not found.sends:
        remedy = ["SES, Account dashboard says why and how to resume"]
        return Finding("e-mail", Level.STOP, "SES has stopped sending for this account", remedy)
    if not found.to_anybody:
        return Finding(
            "e-mail",
            Level.WARNING,
            f"{found.identity} is verified; the account is in the sandbox: mail reaches verified addresses",
            ["request production access (SES, Account dashboard)"],
        )
    return Finding("e-mail", Level.OK, f"{found.identity} is verified")


def stack(stage: Stage, found: StackState | None) -> Finding:
    """Tell whether the stack's name is free, or that of a stack of ours that takes an update."""
    check, name = "stack", stage.stack
    if found is None:
        return Finding(check, Level.OK, f"{name} is new")
    if found.status == ONLY_REVIEWED:
        return Finding(check, Level.OK, f"{name} has a change set that nobody executed, and no resources")
    foreign = {
        key: found.tags.get(key, "none") for key, value in stage.tags.items() if found.tags.get(key) != value
    }
    if foreign:
        seen = f"a stack {name} exists that is not ours: " + ", ".join(
            f"its tag {key} is {value}, not {stage.tags[key]}" for key, value in foreign.items()
        )
        remedy = ["choose another stack_name (and names of the secrets) for the stage in samconfig.toml"]
        return Finding(check, Level.STOP, seen, remedy)
    if found.status in UPDATABLE:
        return Finding(check, Level.OK, f"{name} exists ({found.status}) and is updated")
    return Finding(check, Level.STOP, f"{name} is in {found.status}", _mended(name, found.status))


def _mended(name: str, status: str) -> list[str]:
    """Return what leads a stack out of a status that takes no update."""
    if status.endswith("_IN_PROGRESS"):
        return [
            "somebody is at it, or was a moment ago; wait until it ends:",
            f"$ aws cloudformation describe-stacks --stack-name {name} --query Stacks[0].StackStatus",
        ]
    if status == "UPDATE_ROLLBACK_FAILED":
        return [
            "mend what its events name, then go on with the rollback:",
            f"$ aws cloudformation continue-update-rollback --stack-name {name}",
        ]
    return [
        "nothing runs in it; a table and a bucket that it made are kept. Delete it:",
        f"$ aws cloudformation delete-stack --stack-name {name}",
    ]


def leftovers(stage: Stage, found: Leftovers) -> Finding:
    """Tell whether names of a new stack are taken, and what an earlier one kept."""
    if found.taken:
        return Finding(
            "names",
            Level.STOP,
            f"these exist, but belong to no stack {stage.stack}: {', '.join(found.taken)}",
            [
                "of an earlier stack: delete them (aws lambda delete-function, aws logs delete-log-group)",
                "of somebody else: choose another stack_name in samconfig.toml",
            ],
        )
    if found.kept:
        return Finding(
            "names",
            Level.WARNING,
            f"an earlier stack {stage.stack} has left its data: {', '.join(found.kept)}; "
            "the new stack starts with an empty table and bucket beside them",
            [
                "delete them where nobody needs the data (docs/aws.md, Removing a stage), or let them be",
            ],
        )
    return Finding("names", Level.OK, "no name is taken, and no earlier stack has left anything")


def parts(found: Mapping[str, Unanswered | None]) -> list[Finding]:
    """Turn the answers of services that only some stages use into findings."""
    return [_part(name, answer) for name, answer in found.items()]


def _part(name: str, answer: Unanswered | None) -> Finding:
    if answer is None:
        return Finding(name, Level.OK, "answers")
    if answer.is_denied:
        return unanswered(name, answer)
    remedy = ["correct its name in samconfig.toml, or enable it for the account in this region"]
    return Finding(name, Level.STOP, str(answer), remedy)


def unanswered(check: str, answer: Unanswered) -> Finding:
    """Turn a question without an answer into a finding: not known is not wrong."""
    remedy = [f"allow {answer.action} to have it checked"] if answer.is_denied else ["ask again"]
    return Finding(check, Level.WARNING, f"not known: {answer}", remedy)
