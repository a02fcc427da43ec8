"""Removal of what analyses stored, and the scheduled reconciliation of jobs."""
