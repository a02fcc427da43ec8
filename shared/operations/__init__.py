"""What operators see: the audit trail, dead letters, log lines."""
