"""What emulators ignore in a template, applied by API calls after the deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.local.template import Json, resources_of

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient


def apply_time_to_live(
    dynamodb: DynamoDBClient, cloudformation: CloudFormationClient, stack: str, template: Json
) -> None:
    """Switch on the tables' TTL as the template says; emulators ignore it there."""
    for name, table in resources_of(template, "AWS::DynamoDB::Table").items():
        if (specification := table.get("TimeToLiveSpecification")) is None:
            continue
        resource = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=name)
        table_name = resource["StackResourceDetail"].get("PhysicalResourceId", "")
        current = dynamodb.describe_time_to_live(TableName=table_name)["TimeToLiveDescription"]
        if current.get("TimeToLiveStatus") not in {"ENABLED", "ENABLING"}:
            dynamodb.update_time_to_live(TableName=table_name, TimeToLiveSpecification=specification)


def apply_reserved_concurrency(
    functions: LambdaClient, cloudformation: CloudFormationClient, stack: str, template: Json
) -> None:
    """Bound the functions as the derived template says; the embedded emulator ignores it there."""
    for name, function in resources_of(template, "AWS::Serverless::Function").items():
        if (reserved := function.get("ReservedConcurrentExecutions")) is None:
            continue
        resource = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=name)
        function_name = resource["StackResourceDetail"].get("PhysicalResourceId", "")
        if functions.get_function_concurrency(FunctionName=function_name).get(
            "ReservedConcurrentExecutions"
        ) != int(reserved):
            functions.put_function_concurrency(
                FunctionName=function_name, ReservedConcurrentExecutions=int(reserved)
            )


def apply_gateway_responses(apigateway: Any, api_id: str, stage: str, template: Json) -> None:
    """Give the gateway the template's error answers; they count from the next deployment of its stage."""
    (api,) = resources_of(template, "AWS::Serverless::Api").values()
    current = {
        response["responseType"]: response
        for response in apigateway.get_gateway_responses(restApiId=api_id)["items"]
    }
    changed = False
    for kind, response in api["GatewayResponses"].items():
        wanted = {
            "statusCode": str(response["StatusCode"]),
            "responseParameters": {
                f"gatewayresponse.header.{name}": value
                for name, value in response["ResponseParameters"]["Headers"].items()
            },
            "responseTemplates": response["ResponseTemplates"],
        }
        if any(current.get(kind, {}).get(name) != value for name, value in wanted.items()):
            apigateway.put_gateway_response(restApiId=api_id, responseType=kind, **wanted)
            changed = True
    if changed:
        apigateway.create_deployment(restApiId=api_id, stageName=stage)
