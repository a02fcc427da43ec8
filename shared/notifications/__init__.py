"""Notifications: webhooks and e-mails about jobs that have ended."""
