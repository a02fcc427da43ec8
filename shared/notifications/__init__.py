"""Notifications: webhooks and e-mails that tell of jobs which have ended."""
