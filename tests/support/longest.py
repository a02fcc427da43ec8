"""The files of tests that take longest: a run starts with them, so that its workers end together."""

from __future__ import annotations

# In the order of starting. What `--durations` shows at the end of a run says which belong here.
LONGEST = (
    "peers/test_containers_sam.py",
    "peers/test_containers_images.py",
    "peers/test_containers.py",
    "peers/test_least_privilege.py",
    "peers/test_localstack.py",
    "peers/test_directus_commands.py",
    "peers/test_directus_server.py",
    "peers/test_end_to_end.py",
    "peers/test_console.py",
    "stack/test_manual_scripts.py",
    "chaos/test_scenarios.py",
    "chaos/test_kill_points.py",
    "documents/test_hostile_files.py",
    "stack/test_waiting.py",
    "stack/test_cli.py",
    "stack/test_documented_commands.py",
    "stack/test_analysis.py",
    "stack/test_control.py",
    "stack/test_models.py",
    "stack/test_local_lifecycle.py",
    "stack/test_quotas.py",
    "chaos/test_load.py",
    "stack/test_continuation.py",
    "documents/test_evidence_on_the_page.py",
    "documents/test_local_embeddings.py",
)
