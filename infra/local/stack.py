"""One local stack: the emulator (or another endpoint), what is deployed there, and the API server."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from infra.local import (
    containers,
    deploy,
    emulator,
    ignored,
    localstack_needs,
    mail,
    package,
    secrets,
    server,
    tokens,
)
from infra.local.derive import Code, ContainerImage, derive, function_packages, parameters_from
from infra.local.errors import LocalError
from infra.local.paths import Paths, locked
from infra.local.processes import HOST
from infra.local.template import load_template

if TYPE_CHECKING:
    import boto3

REGION = "us-east-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}
SECRETS = ("DIRECTUS_SECRET", "DIRECTUS_TOKEN", "OPENAI_API_KEY", "EMBEDDINGS_KEY")
DEFAULTS = {
    "STAGE": "local",
    "ANALYSIS_CONCURRENCY": str(max(2, os.cpu_count() or 2)),
    # Each client that waits behind the gateway has a process of its own.
    "WAIT_CONCURRENCY": "10",
    "NOTIFY_CONCURRENCY": "2",
    # Receivers under development listen on this machine.
    "WEBHOOK_LOOPBACK": "true",
    "MAIL_FROM": mail.SENDER,
    "MAIL_ALLOWED": mail.ALLOWED,
    "PUBLIC_URL": f"http://{HOST}:{server.PORT}",
    "SEARCH_CONCURRENCY": "2",
    "CORS_ORIGINS": f"http://localhost:{server.PORT},http://{HOST}:{server.PORT}",
}


@dataclass(frozen=True, slots=True)
class Deployed:
    """What the last deployment left: where, under which name, with which outputs."""

    endpoint: str
    own_emulator: bool
    name: str
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def gateway_url(self) -> str:
        """Address of the API behind the emulator's gateway, as ``POST {gateway_url}/jobs/analysis``."""
        return f"{self.endpoint}/_aws/execute-api/{self.outputs['ApiId']}/{self.outputs['StageName']}"


class LocalStack:
    """The stack of one state folder. Every method may be repeated.

    ``settings`` sets the template's parameters by the names of the functions' environment variables
    (``ENGINE``, ``DIRECTUS_URL``, ``ANALYSIS_CONCURRENCY``, ...). With ``endpoint`` (or ``AWS_ENDPOINT_URL``
    in the settings) the stack is deployed there and no emulator is started. ``fixed_ports`` prefers the
    known ports 4566 and 8000, else any free ones are taken. ``enforce_permissions`` has our own emulator
    hold the functions to their roles, as AWS does. With ``in_containers`` our own emulator runs analyze and
    cleanup as their images; ``None`` leaves it as it was.
    """

    def __init__(
        self,
        paths: Paths,
        settings: Mapping[str, str] | None = None,
        *,
        endpoint: str | None = None,
        name: str = "clauseworks-local",
        fixed_ports: bool = True,
        enforce_permissions: bool = False,
        in_containers: bool | None = None,
    ) -> None:
        self.paths = paths
        self._settings = {**DEFAULTS, **(settings or {})}
        self._foreign = endpoint or self._settings.get("AWS_ENDPOINT_URL") or None
        self._name = name
        self._fixed_ports = fixed_ports
        self._enforce_permissions = enforce_permissions
        self._in_containers = containers.enabled(paths) if in_containers is None else in_containers
        if self._foreign and self._in_containers:
            raise LocalError("containers run on our own emulator alone: leave AWS_ENDPOINT_URL unset")

    def __enter__(self) -> LocalStack:
        """Deploy the stack; the API server is not started."""
        self.deploy()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop all, and on a foreign endpoint delete what was deployed there."""
        self.down(wipe=True)

    # --- Commands -----------------------------------------------------------------------------------

    def up(self, port: int | None = None) -> str:
        """Deploy, start the API server (on ``port`` where it is free), return its address."""
        self.deploy()
        return self.serve(port)

    def serve(self, port: int | None = None) -> str:
        """Start the API server with the code as it is now, in place of one that runs; return its address."""
        with locked(self.paths.state / "lock"):
            known = [server.PORT] if self._fixed_ports else []
            last = server.server(self.paths)
            wanted = [port] if port else [last.port] if last else known
            # One process for what are two functions.
            environment = {**self.environment("WaitFunction"), **self.environment("ApiFunction")}
            return server.url_of(server.serve(self.paths, environment, wanted))

    def deploy(self) -> Deployed:
        """Bring the functions' code and the template to the endpoint, which is started where it is ours."""
        with locked(self.paths.state / "lock"):
            template = load_template(self.paths.template)
            packages = function_packages(template)
            with ThreadPoolExecutor() as pool:
                starting = pool.submit(self._endpoint)
                images = containers.images(self.paths, self._settings) if self._in_containers else {}
                names = sorted(set(packages.values()) - set(images))
                code = dict(zip(names, pool.map(self._package, names), strict=True))
                endpoint = starting.result()
            session = _session()
            if self._foreign:
                localstack_needs.require(endpoint, session, [archive for archive, _ in code.values()])
            bucket = f"{self._name}-deployments"
            s3 = session.client("s3", endpoint_url=endpoint)
            for archive, _ in code.values():
                deploy.upload(s3, bucket, archive.name, archive)
            values = {name: self._settings.get(name, "") for name in SECRETS} | {
                "DIRECTUS_SECRET": self.secret
            }
            named = secrets.store(session.client("ssm", endpoint_url=endpoint), self._name, values)
            parameters = {"S3PublicEndpoint": endpoint, **named, **parameters_from(template, self._settings)}
            zips = {name: Code(bucket, archive.name, extra) for name, (archive, extra) in code.items()}
            sources: dict[str, Code | ContainerImage] = {**zips, **images}
            of_functions = {function: sources[name] for function, name in packages.items()}
            local = derive(template, of_functions, parameters)
            cloudformation = session.client("cloudformation", endpoint_url=endpoint)
            template_url = deploy.upload_template(s3, bucket, local)
            outputs = deploy.deploy(cloudformation, self._name, template_url, parameters)
            if self._foreign is None:
                mail.verify(session.client("sesv2", endpoint_url=endpoint), self._settings["MAIL_FROM"])
            dynamodb = session.client("dynamodb", endpoint_url=endpoint)
            ignored.apply_time_to_live(dynamodb, cloudformation, self._name, template)
            functions = session.client("lambda", endpoint_url=endpoint)
            ignored.apply_reserved_concurrency(functions, cloudformation, self._name, local)
            apigateway = session.client("apigateway", endpoint_url=endpoint)
            ignored.apply_gateway_responses(apigateway, outputs["ApiId"], outputs["StageName"], template)
            deployed = Deployed(endpoint, self._foreign is None, self._name, outputs)
            self.paths.record.write_text(json.dumps(asdict(deployed), indent=2))
        return deployed

    def down(self, *, wipe: bool = False) -> bool:
        """Stop what runs, keeping the state; with ``wipe`` remove the stack and all its data.

        Return whether anything ran.
        """
        with locked(self.paths.state / "lock"):
            stopped = server.stop_server(self.paths)
            if wipe and (deployed := self._last()) is not None and not deployed.own_emulator:
                self._remove(deployed)
            stopped |= emulator.stop_emulator(self.paths)
            if containers.enabled(self.paths):
                containers.stop(self.paths)
            if wipe:
                containers.clear(self.paths)
                for folder in (self.paths.emulator, self.paths.logs, self.paths.archives):
                    shutil.rmtree(folder, ignore_errors=True)
                for file in (self.paths.record, self.paths.secret):
                    file.unlink(missing_ok=True)
        return stopped

    # --- What others need ---------------------------------------------------------------------------

    @property
    def deployed(self) -> Deployed:
        """What is deployed; raise ``LocalError`` where nothing is, or where the emulator does not run."""
        last = self._last()
        if last is None:
            raise LocalError("nothing is deployed: run `python -m infra.local up` first")
        if last.own_emulator and emulator.running(self.paths) is None:
            raise LocalError("the emulator does not run: `python -m infra.local up` starts it")
        return last

    @property
    def gateway_url(self) -> str:
        """Address of the API behind the emulator's gateway."""
        return self.deployed.gateway_url

    @property
    def secret(self) -> str:
        """The secret that signs tokens: ``DIRECTUS_SECRET`` of the settings, else this stack's own."""
        return self._settings.get("DIRECTUS_SECRET") or tokens.local_secret(self.paths.secret)

    @cached_property
    def session(self) -> boto3.Session:
        """A boto3 session with the emulator's credentials and region."""
        return _session()

    def client(self, service: Any) -> Any:
        """Return a boto3 client of an AWS service at the stack's endpoint."""
        return self.session.client(service, endpoint_url=self.deployed.endpoint)

    def environment(self, function: str) -> dict[str, str]:
        """Return the environment in which a deployed function runs, by its logical name (``ApiFunction``)."""
        name = self.deployed.outputs[f"{function}Name"]
        configuration = self.client("lambda").get_function_configuration(FunctionName=name)
        variables: dict[str, str] = dict(configuration["Environment"]["Variables"])
        variables.pop("PYTHONPATH", None)
        return {**variables, **CREDENTIALS, "AWS_ENDPOINT_URL": self.deployed.endpoint}

    def token(
        self,
        subject: str = tokens.SUBJECT,
        *,
        admin: bool = False,
        role: str | None = None,
        ttl_seconds: int = 3600,
    ) -> str:
        """Return an access token that the stack accepts."""
        return tokens.mint(self.secret, subject=subject, admin=admin, role=role, ttl_seconds=ttl_seconds)

    # --- Parts --------------------------------------------------------------------------------------

    def _endpoint(self) -> str:
        if self._foreign:
            return self._foreign.rstrip("/")
        python = emulator.ensure_environment(self.paths)
        ports = [emulator.PORT] if self._fixed_ports else []
        extra = containers.prepare(self.paths, self._in_containers)
        process = emulator.start_emulator(
            self.paths, python, ports, enforce_permissions=self._enforce_permissions, extra=extra
        )
        if self._in_containers:
            containers.start_forwarder(self.paths, [process.port, *containers.ports_of(self._settings)])
        return emulator.endpoint_of(process)

    def _package(self, function: str) -> tuple[Any, dict[str, str]]:
        """Return the function's archive and what its environment needs to find the dependencies.

        Our own emulator runs on this machine: its workers read the dependencies where they lie, ahead of
        the emulator's own packages. Anything else gets one archive with everything.
        """
        if self._foreign:
            return package.archive(self.paths, function, with_dependencies=True), {}
        folder = package.bundle(self.paths, function)
        return package.archive(self.paths, function, with_dependencies=False), {"PYTHONPATH": str(folder)}

    def _last(self) -> Deployed | None:
        try:
            return Deployed(**json.loads(self.paths.record.read_text()))
        except FileNotFoundError:
            return None

    def _remove(self, deployed: Deployed) -> None:
        cloudformation = self.session.client("cloudformation", endpoint_url=deployed.endpoint)
        s3 = self.session.resource("s3", endpoint_url=deployed.endpoint)
        s3.Bucket(deployed.outputs["DocumentsBucket"]).object_versions.delete()
        deploy.delete(cloudformation, deployed.name)
        deployments = s3.Bucket(f"{deployed.name}-deployments")
        deployments.objects.delete()
        deployments.delete()
        ssm = self.session.client("ssm", endpoint_url=deployed.endpoint)
        secrets.remove(ssm, deployed.name, SECRETS)


def _session() -> boto3.Session:
    import boto3

    return boto3.Session(
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
    )
