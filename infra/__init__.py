"""What surrounds the functions: the local stack, deployment, operations."""
