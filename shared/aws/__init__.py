"""The adapters to AWS, one module a service."""
