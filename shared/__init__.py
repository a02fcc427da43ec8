"""What the functions share: jobs, files, queues, identity, errors and settings."""
