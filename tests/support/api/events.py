"""Events as API Gateway hands them to the handlers, and a function's environment."""

from __future__ import annotations

from typing import Any

from tests.support.api.client import SECRET

ENVIRONMENT = {
    "JOBS_TABLE": "jobs",
    "DOCUMENTS_BUCKET": "documents",
    "ANALYSIS_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/1/analysis",
    "CLEANUP_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/1/cleanup",
    "NOTIFICATION_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/1/notifications",
    "DIRECTUS_SECRET": SECRET,
}


EXECUTE_API = "abc.execute-api.eu-central-1.amazonaws.com"


def event(method: str, path: str, **changes: Any) -> dict[str, Any]:
    """Return an event of a REST API's proxy integration."""
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {"Host": EXECUTE_API, "X-Forwarded-Proto": "https"},
        "multiValueHeaders": None,
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path.lstrip("/")},
        "requestContext": {
            "path": f"/dev{path}",
            "stage": "dev",
            "apiId": "abc",
            "requestId": "gateway-1",
            "identity": {"sourceIp": "192.0.2.1"},
        },
        "body": None,
        "isBase64Encoded": False,
        **changes,
    }
