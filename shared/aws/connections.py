"""The open connections of a WebSocket API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.aws.clients import client, translated
from shared.notifications.subscriptions import GoneError

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient


class WebSocketConnections:
    """See Connections; ``management_url`` is the API's own address for its server side."""

    def __init__(self, management_url: str) -> None:
        self._management_url = management_url

    @property
    def _api(self) -> ApiGatewayManagementApiClient:
        return client("apigatewaymanagementapi", self._management_url)  # type: ignore[no-any-return]

    def send(self, connection_id: str, text: str) -> None:
        """Send a message."""
        with translated("API Gateway"):
            try:
                self._api.post_to_connection(ConnectionId=connection_id, Data=text.encode())
            except self._api.exceptions.GoneException:
                raise GoneError from None
