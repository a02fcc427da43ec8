"""An AWS account as far as preflight asks it: what is there, who may do what, the answers to reading calls.

An action that is not allowed is refused before anything is looked up, and IAM's simulation tells the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

Json = dict[str, Any]
ACCOUNT = "123456789012"
DOES_NOT_EXIST = "Stack with id {} does not exist"


class Refusal(Exception):  # noqa: N818 - an answer of a service, not an error of ours
    """An error of a service: status, code, message."""


@dataclass
class AwsAccount:
    """The account; ``calls`` are the actions asked for, in order.

    ``allowed`` are patterns of actions, ``conditional`` those of which IAM says that a condition decides.
    """

    url: str = ""
    valid: bool = True
    arn: str = f"arn:aws:sts::{ACCOUNT}:assumed-role/Deployer/anna"
    allowed: list[str] = field(default_factory=lambda: ["*"])
    conditional: list[str] = field(default_factory=list)
    executions: int = 1000
    # Reserved by function, this stage's and others'.
    reserved: dict[str, int] = field(default_factory=dict)
    stacks: dict[str, Json] = field(default_factory=dict)
    # Types by name.
    parameters: dict[str, str] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)
    log_groups: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    buckets: list[str] = field(default_factory=list)
    # Whether SES has verified an identity.
    identities: dict[str, bool] = field(default_factory=dict)
    sandbox: bool = False
    models: dict[str, str] = field(default_factory=dict)
    vector_buckets: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def answer(self, action: str, body: Json) -> Json:
        """Return the answer of a service to a call that has this action. Raises Refusal."""
        self.calls.append(action)
        if not self.valid:
            raise Refusal(
                403, "InvalidClientTokenId", "The security token included in the request is invalid."
            )
        # Who somebody is may be asked by anybody.
        if action != "sts:GetCallerIdentity" and not self.allows(action):
            raise Refusal(403, "AccessDenied", f"User: {self.arn} is not authorized to perform: {action}")
        return ANSWERS[action](self, body)

    def allows(self, action: str) -> bool:
        return any(fnmatchcase(action, pattern) for pattern in self.allowed)

    def identity(self, _: Json) -> Json:
        return {"UserId": "AROAEXAMPLE:anna", "Account": ACCOUNT, "Arn": self.arn}

    def role(self, body: Json) -> Json:
        if body["RoleName"] != "Deployer":
            raise Refusal(404, "NoSuchEntity", f"The role with name {body['RoleName']} cannot be found.")
        arn = f"arn:aws:iam::{ACCOUNT}:role/people/Deployer"
        document = {
            "AssumeRolePolicyDocument": "%7B%7D",
            "CreateDate": "2026-01-01T00:00:00Z",
            "RoleId": "AROA",
        }
        return {"Role": {"Path": "/people/", "RoleName": "Deployer", "Arn": arn, **document}}

    def simulation(self, body: Json) -> Json:
        assert body["PolicySourceArn"] == f"arn:aws:iam::{ACCOUNT}:role/people/Deployer"
        return {"EvaluationResults": [self._decision(action) for action in body["ActionNames"]]}

    def _decision(self, action: str) -> Json:
        if any(fnmatchcase(action, pattern) for pattern in self.conditional):
            return {
                "EvalActionName": action,
                "EvalDecision": "implicitDeny",
                "MissingContextValues": ["aws:SourceVpc"],
            }
        return {
            "EvalActionName": action,
            "EvalDecision": "allowed" if self.allows(action) else "implicitDeny",
        }

    def stack(self, body: Json) -> Json:
        if body["StackName"] not in self.stacks:
            raise Refusal(400, "ValidationError", DOES_NOT_EXIST.format(body["StackName"]))
        stack = self.stacks[body["StackName"]]
        tags = [{"Key": key, "Value": value} for key, value in stack["tags"].items()]
        named = {"StackName": body["StackName"], "CreationTime": "2026-01-01T00:00:00Z"}
        return {"Stacks": [{**named, "StackStatus": stack["status"], "Tags": tags}]}

    def limits(self, _: Json) -> Json:
        unreserved = self.executions - sum(self.reserved.values())
        return {
            "AccountLimit": {
                "ConcurrentExecutions": self.executions,
                "UnreservedConcurrentExecutions": unreserved,
            }
        }

    def reservation(self, body: Json) -> Json:
        self._function(body["FunctionName"])
        if body["FunctionName"] not in self.reserved:
            return {}
        return {"ReservedConcurrentExecutions": self.reserved[body["FunctionName"]]}

    def function(self, body: Json) -> Json:
        return {"Configuration": {"FunctionName": self._function(body["FunctionName"])}}

    def _function(self, name: str) -> str:
        if name not in self.functions:
            raise Refusal(404, "ResourceNotFoundException", f"Function not found: {name}")
        return name

    def describe_parameters(self, body: Json) -> Json:
        [condition] = body["ParameterFilters"]
        assert (condition["Key"], condition["Option"]) == ("Name", "Equals")
        found = [name for name in condition["Values"] if name in self.parameters]
        return {"Parameters": [{"Name": name, "Type": self.parameters[name]} for name in found]}

    def get_parameters(self, body: Json) -> Json:
        assert body["WithDecryption"] is False
        found = [name for name in body["Names"] if name in self.parameters]
        return {
            "Parameters": [{"Name": n, "Type": self.parameters[n], "Value": "AQICAHh"} for n in found],
            "InvalidParameters": [name for name in body["Names"] if name not in self.parameters],
        }

    def sender(self, body: Json) -> Json:
        if body["EmailIdentity"] not in self.identities:
            raise Refusal(404, "NotFoundException", f"Email identity {body['EmailIdentity']} does not exist.")
        return {"VerifiedForSendingStatus": self.identities[body["EmailIdentity"]]}

    def mail_account(self, _: Json) -> Json:
        return {"SendingEnabled": True, "ProductionAccessEnabled": not self.sandbox}

    def groups(self, body: Json) -> Json:
        found = [name for name in self.log_groups if name.startswith(body["logGroupNamePrefix"])]
        return {"logGroups": [{"logGroupName": name} for name in found]}

    def all_tables(self, body: Json) -> Json:
        """Answer with one table a page, as large accounts are paged."""
        first = (
            self.tables.index(body["ExclusiveStartTableName"]) + 1 if "ExclusiveStartTableName" in body else 0
        )
        names = self.tables[first : first + 1]
        more = {"LastEvaluatedTableName": names[0]} if len(self.tables) > first + 1 else {}
        return {"TableNames": names, **more}

    def all_buckets(self, body: Json) -> Json:
        names = [name for name in self.buckets if name.startswith(body.get("prefix", ""))]
        return {"Buckets": [{"Name": name, "CreationDate": "2026-01-01T00:00:00Z"} for name in names]}

    def model(self, body: Json) -> Json:
        if body["modelId"] not in self.models:
            raise Refusal(400, "ValidationException", "The provided model identifier is invalid.")
        status = self.models[body["modelId"]]
        return {
            "modelId": body["modelId"],
            "agreementAvailability": {"status": "AVAILABLE"},
            "authorizationStatus": "AUTHORIZED",
            "entitlementAvailability": status,
            "regionAvailability": "AVAILABLE",
        }

    def vector_bucket(self, body: Json) -> Json:
        if body["vectorBucketName"] not in self.vector_buckets:
            raise Refusal(404, "NotFoundException", "The specified vector bucket could not be found")
        return {"vectorBucket": {"vectorBucketName": body["vectorBucketName"]}}

    def languages(self, _: Json) -> Json:
        return {"Languages": [{"LanguageName": "German", "LanguageCode": "de"}]}

    def token(self, _: Json) -> Json:
        return {"authorizationData": [{"authorizationToken": "QVdTOng="}]}


def _missing(code: str, status: int = 400) -> Callable[[AwsAccount, Json], Json]:
    def answer(_: AwsAccount, __: Json) -> Json:
        raise Refusal(status, code, "There is no such thing.")

    return answer


ANSWERS: dict[str, Callable[[AwsAccount, Json], Json]] = {
    "sts:GetCallerIdentity": AwsAccount.identity,
    "iam:GetRole": AwsAccount.role,
    "iam:SimulatePrincipalPolicy": AwsAccount.simulation,
    "cloudformation:DescribeStacks": AwsAccount.stack,
    "lambda:GetAccountSettings": AwsAccount.limits,
    "lambda:GetFunctionConcurrency": AwsAccount.reservation,
    "lambda:GetFunction": AwsAccount.function,
    "ssm:DescribeParameters": AwsAccount.describe_parameters,
    "ssm:GetParameters": AwsAccount.get_parameters,
    "ses:GetEmailIdentity": AwsAccount.sender,
    "ses:GetAccount": AwsAccount.mail_account,
    "logs:DescribeLogGroups": AwsAccount.groups,
    "dynamodb:ListTables": AwsAccount.all_tables,
    "dynamodb:DescribeTable": _missing("ResourceNotFoundException"),
    "s3:ListAllMyBuckets": AwsAccount.all_buckets,
    "bedrock:GetInferenceProfile": _missing("ResourceNotFoundException", 404),
    "bedrock:GetFoundationModelAvailability": AwsAccount.model,
    "s3vectors:GetVectorBucket": AwsAccount.vector_bucket,
    "translate:ListLanguages": AwsAccount.languages,
    "ecr:GetAuthorizationToken": AwsAccount.token,
    "ecr:BatchCheckLayerAvailability": _missing("RepositoryNotFoundException"),
    "sqs:GetQueueUrl": _missing("com.amazonaws.sqs#QueueDoesNotExist"),
    "events:DescribeRule": _missing("ResourceNotFoundException"),
    "apigateway:GET": _missing("NotFoundException", 404),
}
