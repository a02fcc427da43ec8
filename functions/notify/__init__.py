"""The notify function: sends webhooks and e-mails about jobs that have ended."""
