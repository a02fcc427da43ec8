"""E-mail by Amazon SES."""

from __future__ import annotations

from typing import Any

from shared.aws.clients import client, translated


class SesMail:
    """See Mail; ``sender`` is an address that SES has verified for this account."""

    def __init__(self, sender: str, endpoint_url: str = "") -> None:
        self._sender = sender
        self._endpoint_url = endpoint_url

    def send(self, address: str, subject: str, text: str) -> None:
        """Send a message of plain text."""
        sesv2: Any = client("sesv2", self._endpoint_url)
        with translated("SES"):
            sesv2.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [address]},
                Content={
                    "Simple": {
                        "Subject": {"Data": subject, "Charset": "UTF-8"},
                        "Body": {"Text": {"Data": text, "Charset": "UTF-8"}},
                    }
                },
            )
