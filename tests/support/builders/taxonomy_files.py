"""A small taxonomy as its file has it."""

from __future__ import annotations

from typing import Any

SMALL: dict[str, Any] = {
    "name": "small",
    "version": "1",
    "languages": ["en"],
    "product": {"name": "product", "conditions": ["*"]},
    "details": {
        "limits": [{"name": "sum", "hints": {"kinds": ["money"]}}, {"name": "excess"}],
        "conditions": [{"name": "police_report"}],
    },
    "segments": [
        {
            "name": "luggage",
            "aliases": {"en": ["luggage"]},
            "benefits": [{"name": "loss", "limits": ["excess"]}, {"name": "delay", "limits": ["*"]}],
        }
    ],
}
