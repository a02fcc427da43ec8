"""Which services a stage uses, as boto3 names them. Pure."""

from __future__ import annotations

from infra.aws.preflight.stage import Stage

# By the beginning of a resource's type; IAM and Budgets are global and left out.
BY_TYPE = {
    "AWS::Serverless::Function": ("lambda", "ecr", "events", "ssm", "xray"),
    "AWS::Serverless::Api": ("apigateway",),
    "AWS::ApiGateway::": ("apigateway",),
    "AWS::ApiGatewayV2::": ("apigatewayv2",),
    "AWS::Lambda::": ("lambda",),
    "AWS::SQS::": ("sqs",),
    "AWS::DynamoDB::": ("dynamodb",),
    "AWS::S3::": ("s3",),
    "AWS::KMS::": ("kms",),
    "AWS::Logs::": ("logs",),
    "AWS::SNS::": ("sns",),
    "AWS::CloudWatch::": ("cloudwatch",),
    "AWS::IAM::": (),
    "AWS::Budgets::": (),
}


def services(stage: Stage) -> list[str]:
    """Return the regional services of which boto3 knows the regions.

    S3 Vectors is not among them: boto3 has no list of its regions, so that it has to be asked itself.
    """
    found = {"lambda", "sts", "cloudformation"}
    for resource in stage.resources().values():
        for kind, names in BY_TYPE.items():
            if resource["Type"].startswith(kind):
                found.update(names)
    if stage.value("MailFrom"):
        found.add("sesv2")
    if bedrock_models(stage):
        found.add("bedrock")
    if "amazon" in stage.value("Translators").split(","):
        found.add("translate")
    return sorted(found)


def bedrock_models(stage: Stage) -> list[str]:
    """Return the models and inference profiles of Bedrock that the stage names."""
    named = [stage.value("BedrockModel")]
    if stage.value("Embeddings") == "bedrock":
        named.append(stage.value("EmbeddingsModel"))
    return [model for model in dict.fromkeys(named) if model]
