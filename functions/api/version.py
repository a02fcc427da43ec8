"""The version that /health and the OpenAPI document name; pyproject.toml has the same."""

VERSION = "0.1.0"
