"""Whether NOTIFY is heard here. A pooler that lends a connection for one transaction swallows it without a word."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from uuid import uuid4

from procrastinate import PsycopgConnector

from bridge.engine.ending import end

TRIES, PAUSE = 20, 0.1  # seconds: the first are made before LISTEN is through


async def hears(connector: PsycopgConnector) -> bool:
    """Tried, because nothing tells a pooler from a server. Raises `ConnectorException` without a connection."""
    heard, channel = asyncio.Event(), f"bridge_{uuid4().hex}"

    async def on_notification(**_names: str) -> None:
        heard.set()

    listening = asyncio.create_task(connector.listen_notify(on_notification, [channel]))
    try:
        return await _heard(connector, heard, channel, listening)
    finally:
        await end([listening], 0.2)


async def _heard(
    connector: PsycopgConnector, heard: asyncio.Event, channel: str, listening: asyncio.Task[None]
) -> bool:
    """Raises what LISTEN met: that is no pooler's doing."""
    for _ in range(TRIES):
        await connector.execute_query_async("SELECT pg_notify(%(channel)s, '')", channel=channel)
        with suppress(TimeoutError):
            await asyncio.wait_for(heard.wait(), PAUSE)
            return True
        if listening.done():
            listening.result()
    return False
