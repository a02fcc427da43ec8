"""The settings that every function shares; each function's own model adds what it alone needs."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.jobs.model import Kind


class CommonSettings(BaseSettings):
    """Read from the environment; a missing or malformed variable stops the function at its start."""

    # Errors name the variable, never its value: it may be a secret.
    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    stage: str = Field("local", description="Name of the deployment (local, dev, prod).")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    jobs_table: str = Field(description="DynamoDB table of jobs, events, units and documents.")
    documents_bucket: str = Field(description="S3 bucket of documents and results.")
    analysis_queue_url: str = Field(description="SQS queue of the analyze function.")
    cleanup_queue_url: str = Field(description="SQS queue of the cleanup function.")
    notification_queue_url: str = Field(description="SQS queue of the notify function.")
    aws_endpoint_url: str = Field("", description="Endpoint of an emulator; empty on AWS.")
    retention_days: int = Field(90, ge=1, description="Days that jobs, documents and results are kept.")
    vector_bucket: str = Field(
        "", description="Bucket of S3 Vectors that holds the vectors; empty keeps them as files."
    )
    directus_url: str = Field("", description="The customer's Directus; empty runs without it.")

    @property
    def queue_urls(self) -> dict[Kind, str]:
        """Return the queue of each kind of job; outputs are made by the analyze function."""
        return {
            Kind.ANALYSIS: self.analysis_queue_url,
            Kind.OUTPUT: self.analysis_queue_url,
            Kind.CLEANUP: self.cleanup_queue_url,
        }

    @property
    def retention(self) -> timedelta:
        """Return how long records and files are kept."""
        return timedelta(days=self.retention_days)
