"""The scheduled reconciliation of jobs and notifications."""
