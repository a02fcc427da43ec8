"""The stack on one machine: template.yaml deployed to an emulator, without Docker or an AWS account.

``python -m infra.local up`` for people, ``infra.local.stack.LocalStack`` for tests.
"""
