"""The template against published rules for AWS: what is left out is left out for a reason."""
