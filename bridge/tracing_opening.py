"""Whether traces are collected: by OpenTelemetry's own variables. Unless they name a collector none of its libraries is
imported; what stands in its way is said in one line, and the bridge runs without.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from bridge.log import get_log
from bridge.tracing import NoTracing, Tracing

EXPORTER = "OTEL_TRACES_EXPORTER"
NAMING = (EXPORTER, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")  # the first that is set counts
OURS = "http/protobuf"
MISSING = "OpenTelemetry is not installed; install the bridge with its extra: rootly-pagertree-bridge[otel]"

log = get_log(__name__)


def tracing_of(env: Mapping[str, str] = os.environ) -> Tracing:
    if not _wanted(env):
        return NoTracing()
    try:
        fault = _unfit(env)
        if fault is None:
            from bridge.tracing_otel import collected

            found = collected()
            log.info("tracing.on")
            return found
    except ImportError:
        fault = MISSING
    except ValueError as unreadable:
        fault = f"a variable OTEL_… cannot be read: {unreadable}"
    log.error("tracing.off", why=fault)
    return NoTracing()


def _wanted(env: Mapping[str, str]) -> bool:
    switched_off = env.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or env.get(EXPORTER, "") == "none"
    return not switched_off and any(env.get(name) for name in NAMING)


def _unfit(env: Mapping[str, str]) -> str | None:
    """Why traces cannot leave as they are asked to."""
    exporter = env.get(EXPORTER) or "otlp"
    if exporter != "otlp":
        return f"{EXPORTER}: the bridge knows `otlp` and `none`, not `{exporter}`"
    name, protocol = next(((name, env[name]) for name in PROTOCOLS if env.get(name)), ("", OURS))
    return None if protocol == OURS else f"{name}: the bridge speaks `{OURS}`, not `{protocol}`"
