"""The gateway: which function answers what, and what it answers itself."""

from __future__ import annotations

import json

import pytest

from infra.local.template import resources_of
from tests.support import routes
from tests.support.paths import OPENAPI
from tests.support.template import RESOURCES, TEMPLATE, event_sources

ROUTES = {(route.path, route.verb): route.function for route in routes.of_template()}


def test_the_gateway_routes_every_verb_by_name() -> None:
    answered_by_the_api = {path for (path, _), name in ROUTES.items() if name == "ApiFunction"}
    waiting = {path for (path, _), name in ROUTES.items() if name == "WaitFunction"}

    assert {"/", "/{proxy+}"} <= answered_by_the_api
    assert {verb for _, verb in ROUTES} == set(routes.VERBS)
    for path in answered_by_the_api - waiting:
        assert {verb for route, verb in ROUTES if route == path} == set(routes.VERBS)
    # The api function never waits: of these paths it has what browsers ask before they ask.
    for path in waiting:
        assert {verb: ROUTES[path, verb] for route, verb in ROUTES if route == path} == {
            "GET": "WaitFunction",
            "OPTIONS": "ApiFunction",
        }


@pytest.mark.parametrize("function", ["ApiFunction", "WaitFunction"])
def test_one_permission_lets_the_gateway_invoke_a_function(function: str) -> None:
    """SAM would add one for each event of the kind Api, 380 bytes each of the 20 KB a policy may have."""
    permissions = resources_of(TEMPLATE, "AWS::Lambda::Permission").values()
    (permission,) = (one for one in permissions if one["FunctionName"] == {"Ref": function})

    assert permission["Principal"] == "apigateway.amazonaws.com"
    assert "/${Stage}/" in permission["SourceArn"]["Fn::Sub"]
    assert event_sources("Api") == {}


def answering(path: str, verb: str) -> str:
    """Return the function that the gateway asks: that of the most specific path, without falling back."""
    resources = {path for route, _ in ROUTES for path in above(route)}
    fitting = [resource for resource in resources if fits(resource, path)]
    return ROUTES.get((max(fitting, key=specific), verb), "nobody")


def descending(path: str, verb: str) -> str:
    """Return the same for a gateway that goes down the tree and never back up."""
    resources = {path for route, _ in ROUTES for path in above(route)}
    here = ""
    for part in path.strip("/").split("/"):
        named, variable = f"{here}/{part}", next((r for r in resources if is_child(r, here, "{")), "")
        if named in resources:
            here = named
        elif variable:
            here = variable
        if here not in {named, variable} or not here:
            return "nobody"
        if here.endswith("{proxy+}"):
            break
    return ROUTES.get((here, verb), "nobody")


def is_child(resource: str, parent: str, start: str) -> bool:
    head, _, last = resource.rpartition("/")
    return head == parent and last.startswith(start)


def above(route: str) -> list[str]:
    """Return a route's path and those that the gateway makes on the way to it."""
    parts = route.strip("/").split("/")
    return ["/" + "/".join(parts[: count + 1]) for count in range(len(parts))]


def fits(resource: str, path: str) -> bool:
    if resource.endswith("/{proxy+}"):
        return path.startswith(resource.removesuffix("{proxy+}")) and path != "/"
    ours, theirs = resource.split("/"), path.split("/")
    return len(ours) == len(theirs) and all(
        one == other or one.startswith("{") for one, other in zip(ours, theirs, strict=True)
    )


def specific(resource: str) -> tuple[int, ...]:
    """Return a key that sorts more specific paths last: names over variables, both over the rest."""
    return tuple(
        0 if part == "{proxy+}" else 1 if part.startswith("{") else 2 for part in resource.split("/")
    )


def test_the_gateway_leads_every_address_to_its_function() -> None:
    for operation in routes.of_application():
        name = operation.path.replace("{", "").replace("}", "")
        for verb, function in ((operation.verb, operation.function), ("OPTIONS", "ApiFunction")):
            assert answering(name, verb) == descending(name, verb) == function, (verb, name)


def test_waiting_is_throttled_where_the_function_could_not_serve_it() -> None:
    settings = RESOURCES["Api"]["Properties"]["MethodSettings"]
    throttled = {
        setting["ResourcePath"].replace("/~1", "/").replace("~1", "/"): setting
        for setting in settings
        if setting["ResourcePath"] != "/*"
    }

    assert set(throttled) == {path for (path, verb), name in ROUTES.items() if name == "WaitFunction"}
    for setting in throttled.values():
        assert setting["ThrottlingRateLimit"] == {"Ref": "WaitRate"}
        assert setting["ThrottlingBurstLimit"] == {"Ref": "WaitConcurrency"}
    rate, cap = (TEMPLATE["Parameters"][name]["Default"] for name in ("WaitRate", "WaitConcurrency"))
    assert cap / TEMPLATE["Parameters"]["WaitSeconds"]["Default"] < rate <= cap


@pytest.mark.parametrize("response", ["THROTTLED", "INTEGRATION_FAILURE"])
def test_who_is_refused_at_the_cap_is_told_when_to_come_back(response: str) -> None:
    answer = RESOURCES["Api"]["Properties"]["GatewayResponses"][response]

    assert answer["ResponseParameters"]["Headers"]["Retry-After"] == "'2'"


def test_binary_bodies_of_requests_are_named() -> None:
    document = json.loads(OPENAPI.read_text())
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    sent = {kind for one in operations for kind in one.get("requestBody", {}).get("content", {})}
    binary = sent - {"application/json"}

    assert set(RESOURCES["Api"]["Properties"]["BinaryMediaTypes"]) == binary == {"multipart/form-data"}


@pytest.mark.parametrize(
    "response",
    [
        "ACCESS_DENIED",
        "BAD_REQUEST_BODY",
        "DEFAULT_4XX",
        "DEFAULT_5XX",
        "INTEGRATION_FAILURE",
        "INTEGRATION_TIMEOUT",
        "MISSING_AUTHENTICATION_TOKEN",
        "QUOTA_EXCEEDED",
        "REQUEST_TOO_LARGE",
        "THROTTLED",
        "UNAUTHORIZED",
        "UNSUPPORTED_MEDIA_TYPE",
    ],
)
def test_the_gateway_answers_problem_documents(response: str) -> None:
    answer = RESOURCES["Api"]["Properties"]["GatewayResponses"][response]
    problem = json.loads(answer["ResponseTemplates"]["application/json"])

    assert answer["ResponseParameters"]["Headers"]["Content-Type"] == "'application/problem+json'"
    assert problem["type"].startswith("urn:clauseworks:problem:")
    assert problem["status"] == answer["StatusCode"]
    assert problem["title"]
    assert problem["detail"]
