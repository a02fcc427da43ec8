"""The one place that asks AWS: every call reads, none makes or changes anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from email.utils import parseaddr
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

from infra.aws.preflight.account_checks import ONLY_REVIEWED, wanted_secrets
from infra.aws.preflight.facts import (
    UNREACHABLE,
    AccountFacts,
    Identity,
    Leftovers,
    Quota,
    Rights,
    Sender,
    StackState,
    Unanswered,
)
from infra.aws.preflight.probes import probes
from infra.aws.preflight.rights import Need, needs
from infra.aws.preflight.services import bedrock_models
from infra.aws.preflight.stage import Stage
from infra.local.derive import FUNCTION

if TYPE_CHECKING:
    from boto3 import Session

Answer = TypeVar("Answer")
MISSING = {"ResourceNotFoundException", "NotFoundException"}


class Account:
    """The caller's account in the session's region."""

    def __init__(self, session: Session) -> None:
        from botocore.config import Config

        patience = Config(
            connect_timeout=5, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 5}
        )
        self._region = str(session.region_name)
        self._client: Callable[[str], Any] = cache(lambda service: session.client(service, config=patience))

    def identity(self) -> Identity | Unanswered:
        """Return who calls."""
        answer = ask("sts:GetCallerIdentity", lambda: self._client("sts").get_caller_identity())
        if isinstance(answer, Unanswered):
            return answer
        return Identity(answer["Account"], answer["Arn"], answer["Arn"].split(":")[1])

    def facts(self, stage: Stage, identity: Identity) -> AccountFacts:
        """Return everything else that the account tells about a stage."""
        stack = self.stack(stage.stack)
        is_new = stack is None or (isinstance(stack, StackState) and stack.status == ONLY_REVIEWED)
        return AccountFacts(
            quota=ask("lambda:GetAccountSettings", lambda: self._quota(stage)),
            rights=self.rights(stage, identity),
            secrets=self.secrets(list(wanted_secrets(stage))),
            sender=self.sender(stage.value("MailFrom")) if stage.value("MailFrom") else None,
            stack=stack,
            leftovers=self.leftovers(stage) if is_new else None,
            parts=dict(self._parts(stage)),
        )

    def stack(self, name: str) -> StackState | Unanswered | None:
        """Return the stack of a name, or None."""
        answer = ask(
            "cloudformation:DescribeStacks",
            lambda: self._client("cloudformation").describe_stacks(StackName=name)["Stacks"][0],
        )
        if isinstance(answer, Unanswered):
            return None if answer.code == "ValidationError" and "does not exist" in answer.reason else answer
        return StackState(answer["StackStatus"], {tag["Key"]: tag["Value"] for tag in answer.get("Tags", [])})

    def secrets(self, names: list[str]) -> dict[str, str] | Unanswered:
        """Return the types of those parameters that SSM has.

        Without a value, or, where only that is allowed, without decrypting it.
        """
        ssm = self._client("ssm")
        filters = [{"Key": "Name", "Option": "Equals", "Values": names}]
        described = ask(
            "ssm:DescribeParameters",
            lambda: _pages(ssm, "describe_parameters", "Parameters", ParameterFilters=filters),
        )
        if isinstance(described, Unanswered):
            described = ask(
                "ssm:GetParameters",
                lambda: ssm.get_parameters(Names=names, WithDecryption=False)["Parameters"],
            )
        if isinstance(described, Unanswered):
            return described
        return {parameter["Name"]: parameter["Type"] for parameter in described}

    def sender(self, mail_from: str) -> Sender | Unanswered:
        """Return what SES says of an address, else of its domain, and of the account."""
        ses, address = self._client("sesv2"), parseaddr(mail_from)[1]
        verified = ""
        for identity in (address, address.rpartition("@")[2]):
            answer = ask(
                "ses:GetEmailIdentity",
                partial(ses.get_email_identity, EmailIdentity=identity),
            )
            if isinstance(answer, Unanswered) and answer.code not in MISSING:
                return answer
            if not verified and not isinstance(answer, Unanswered) and answer["VerifiedForSendingStatus"]:
                verified = identity
        account = ask("ses:GetAccount", ses.get_account)
        if isinstance(account, Unanswered):
            return account
        return Sender(verified, account["SendingEnabled"], account["ProductionAccessEnabled"])

    def leftovers(self, stage: Stage) -> Leftovers | Unanswered:
        """Return which names of a new stack are taken, and what an earlier one kept."""
        answers = (
            ask("logs:DescribeLogGroups", lambda: self._taken_groups(stage)),
            ask("lambda:GetFunction", lambda: self._taken_functions(stage)),
            ask("dynamodb:ListTables", lambda: self._kept_tables(stage)),
            ask("s3:ListAllMyBuckets", lambda: self._kept_buckets(stage)),
        )
        groups, functions, tables, buckets = ([] if isinstance(a, Unanswered) else a for a in answers)
        silent = [answer for answer in answers if isinstance(answer, Unanswered)]
        # What is in the way stops, whatever else is not known.
        if silent and not groups + functions:
            return silent[0]
        return Leftovers(groups + functions, tables + buckets)

    def rights(self, stage: Stage, identity: Identity) -> Rights:
        """Return what the caller may not do: by IAM's simulation, or by calls that read."""
        wanted = needs(stage, identity, self._region)
        asked = len({action for need in wanted for action in need.actions})
        if identity.arn.endswith(":root"):
            return Rights(asked)
        source = self._principal(identity)
        if not isinstance(source, Unanswered):
            simulated = ask(
                "iam:SimulatePrincipalPolicy", lambda: self._simulated(str(source), wanted, asked)
            )
            if not isinstance(simulated, Unanswered):
                return simulated
            source = simulated
        tried = {probe.action: ask(probe.action, partial(probe.run, self._client)) for probe in probes(stage)}
        missing = [
            action for action, answer in tried.items() if isinstance(answer, Unanswered) and answer.is_denied
        ]
        return Rights(len(tried), missing, unsimulated=str(source))

    def _simulated(self, source: str, wanted: list[Need], asked: int) -> Rights:
        iam = self._client("iam")
        context = [
            {
                "ContextKeyName": "aws:RequestedRegion",
                "ContextKeyType": "string",
                "ContextKeyValues": [self._region],
            }
        ]
        missing: set[str] = set()
        unsure: set[str] = set()
        for need in wanted:
            for result in _pages(
                iam,
                "simulate_principal_policy",
                "EvaluationResults",
                PolicySourceArn=source,
                ActionNames=list(need.actions),
                ResourceArns=[need.resource],
                ContextEntries=context,
            ):
                if result["EvalDecision"] != "allowed":
                    conditional = result.get("MissingContextValues")
                    (unsure if conditional else missing).add(result["EvalActionName"])
        return Rights(asked, sorted(missing), sorted(unsure - missing))

    def _principal(self, identity: Identity) -> str | Unanswered:
        """Return the ARN whose policies count: of a session that of its role, whose path only IAM knows."""
        kind, _, name = identity.arn.split(":", 5)[5].partition("/")
        if kind != "assumed-role":
            return identity.arn
        iam, role = self._client("iam"), name.split("/")[0]
        return ask("iam:GetRole", lambda: str(iam.get_role(RoleName=role)["Role"]["Arn"]))

    def _quota(self, stage: Stage) -> Quota:
        functions = self._client("lambda")
        limits = functions.get_account_settings()["AccountLimit"]
        own = {}
        for entry in stage.reservations():
            answer = ask(
                "lambda:GetFunctionConcurrency",
                partial(functions.get_function_concurrency, FunctionName=entry.function),
            )
            if not isinstance(answer, Unanswered):
                own[entry.function] = int(answer.get("ReservedConcurrentExecutions", 0))
        return Quota(limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"], own)

    def _taken_groups(self, stage: Stage) -> list[str]:
        names = set(stage.names("AWS::Logs::LogGroup", "LogGroupName"))
        prefix = f"/aws/lambda/{stage.stack}-"
        groups = _pages(self._client("logs"), "describe_log_groups", "logGroups", logGroupNamePrefix=prefix)
        return [f"log group {group['logGroupName']}" for group in groups if group["logGroupName"] in names]

    def _taken_functions(self, stage: Stage) -> list[str]:
        functions, taken = self._client("lambda"), []
        for name in stage.names(FUNCTION, "FunctionName"):
            with suppress(functions.exceptions.ResourceNotFoundException):
                functions.get_function(FunctionName=name)
                taken.append(f"function {name}")
        return taken

    def _kept_tables(self, stage: Stage) -> list[str]:
        prefixes = tuple(f"{stage.stack}-{name}-" for name in stage.kept("AWS::DynamoDB::Table"))
        tables = _pages(self._client("dynamodb"), "list_tables", "TableNames")
        return [f"table {name}" for name in tables if name.startswith(prefixes)]

    def _kept_buckets(self, stage: Stage) -> list[str]:
        prefixes = tuple(f"{stage.stack}-{name}-".lower() for name in stage.kept("AWS::S3::Bucket"))
        buckets = _pages(self._client("s3"), "list_buckets", "Buckets", Prefix=f"{stage.stack}-")
        return [f"bucket {bucket['Name']}" for bucket in buckets if bucket["Name"].startswith(prefixes)]

    def _parts(self, stage: Stage) -> Iterable[tuple[str, Unanswered | None]]:
        """Ask the services that only some stages use, where boto3's list of regions does not say enough."""
        for model in bedrock_models(stage):
            yield f"Bedrock, {model}", self._model(model)
        if bucket := stage.value("VectorBucket"):
            vectors = self._client("s3vectors")
            yield (
                f"S3 Vectors, {bucket}",
                _trouble(
                    ask(
                        "s3vectors:GetVectorBucket",
                        lambda: vectors.get_vector_bucket(vectorBucketName=bucket),
                    )
                ),
            )
        if "amazon" in stage.value("Translators").split(","):
            translate = self._client("translate")
            answer = ask("translate:ListLanguages", lambda: translate.list_languages(MaxResults=1))
            yield "Amazon Translate", _trouble(answer)

    def _model(self, model: str) -> Unanswered | None:
        """Ask for an inference profile, else for a model and whether the account may use it."""
        bedrock = self._client("bedrock")
        profile = ask(
            "bedrock:GetInferenceProfile",
            lambda: bedrock.get_inference_profile(inferenceProfileIdentifier=model),
        )
        if not isinstance(profile, Unanswered):
            return None
        action = "bedrock:GetFoundationModelAvailability"
        answer = ask(action, lambda: bedrock.get_foundation_model_availability(modelId=model))
        if isinstance(answer, Unanswered):
            return answer
        wrong = [
            f"{name} is {status}"
            for name, status in (
                ("authorization", answer["authorizationStatus"]),
                ("entitlement", answer["entitlementAvailability"]),
                ("region", answer["regionAvailability"]),
            )
            if status not in {"AUTHORIZED", "AVAILABLE"}
        ]
        return Unanswered(action, "NotAvailable", f"{model}: {', '.join(wrong)}") if wrong else None


def ask(action: str, call: Callable[[], Answer]) -> Answer | Unanswered:
    """Return what a call returns, or why there is no answer."""
    from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError  # noqa: A004

    try:
        return call()
    except ClientError as error:
        told = error.response.get("Error", {})
        code = str(told.get("Code", ""))
        return Unanswered(action, code, f"{code}: {told.get('Message', '')}".strip(": "))
    except (ConnectionError, HTTPClientError) as error:
        return Unanswered(action, UNREACHABLE, str(error))
    except BotoCoreError as error:
        return Unanswered(action, "", str(error))


def _trouble(answer: Any) -> Unanswered | None:
    return answer if isinstance(answer, Unanswered) else None


def _pages(client: Any, operation: str, key: str, **arguments: Any) -> list[Any]:
    """Return all entries of a list that comes in pages."""
    pages = client.get_paginator(operation).paginate(**arguments)
    return [entry for answer in pages for entry in answer.get(key, [])]
