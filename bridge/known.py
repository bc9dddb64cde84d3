"""The systems we know. Adding one is its file, its test and an entry here."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.systems import alertmanager, custom_webhook, hetrix_tools, integrations, page, webhook
from bridge.systems.contract import Source, Target
from bridge.systems.pagertree import source as pagertree_source
from bridge.systems.pagertree import target as pagertree_target
from bridge.systems.rootly import source as rootly_source
from bridge.systems.rootly import target as rootly_target
from bridge.systems.tools import Tool

SOURCES: Mapping[str, Source] = {"pagertree": pagertree_source, "rootly": rootly_source, "page": page}
TARGETS: Mapping[str, Target] = {"pagertree": pagertree_target, "rootly": rootly_target}
INTEGRATIONS: Source = integrations  # of every integration, whatever its tool
TOOLS: Mapping[str, Tool] = {
    "webhook": webhook,
    "hetrix_tools": hetrix_tools,
    "custom_webhook": custom_webhook,
    "alertmanager": alertmanager,
}
