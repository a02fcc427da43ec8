"""The real LocalStack on this machine without Docker: the second endpoint of the integration suite.

``python -m infra.localstack up`` for people, ``infra.localstack.server.Server`` for tests. LocalStack comes
from the package index; ``plugin`` gives it what it otherwise takes from Docker and Java.
"""
