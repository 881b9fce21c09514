"""Sets Prefect up when imported, which must be before Prefect is: its home beside ours, no telemetry, no logs kept."""

from __future__ import annotations

import os

from pipelines.keys import home

_SETTINGS = {
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",  # the first start of a fresh home migrates a database
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
}

os.umask(0o077)  # its files are readable by their owner alone
os.environ.setdefault("PREFECT_HOME", str(home() / "prefect"))
os.environ.update(_SETTINGS)
# A server that somebody runs for other flows must not get ours; a run that a schedule started belongs to its server.
if "PREFECT__FLOW_RUN_ID" not in os.environ:
    os.environ.pop("PREFECT_API_URL", None)
