"""The rules that do not apply to the template, each with its reason; one that nothing breaks is an error."""

from __future__ import annotations

EXCEPTIONS = {
    "CKV_AWS_18": "Access logs of S3 would need a second bucket; CloudTrail's data events are the account's "
    "own choice.",
    "CKV_AWS_111": "An account has one role by which API Gateway writes the logs of all its APIs, in groups "
    "that no stack knows.",
    "CKV_AWS_115": "Workers are bounded by their queues (MaximumConcurrency); a reservation would take "
    "capacity from the account even when nothing is to do.",
    "CKV_AWS_116": "No function is invoked asynchronously but by the schedule, whose next run does the same "
    "work. Queues have their dead-letter queues.",
    "CKV_AWS_117": "Nothing lies in a private network; a VPC would add a NAT gateway between the functions "
    "and AWS.",
    "CKV_AWS_119": "A key of the stack's own is a parameter (CustomerKey); AWS's key is the default.",
    "CKV_AWS_120": "Answers are about one caller's jobs and change all the time: nothing to cache.",
    "CKV_AWS_173": "No environment holds a secret: those come from SSM.",
}
