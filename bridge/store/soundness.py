"""What must hold in the stored data beyond the engine's own checks: each question counts the rows that break it."""

from __future__ import annotations

from collections.abc import Mapping

BROKEN_PROMISES: Mapping[str, str] = {
    "owed calls belong to no link": """
        SELECT count(*) FROM outbox LEFT JOIN links ON links.id = outbox.link
        WHERE outbox.state = 'owed' AND links.id IS NULL
    """,
    "owed calls wait for a call that is not there": """
        SELECT count(*) FROM outbox WHERE state = 'owed' AND blocked = 1 AND NOT EXISTS (
            SELECT 1 FROM links WHERE links.id = outbox.link AND links.held = 1
        ) AND NOT EXISTS (
            SELECT 1 FROM outbox AS first
            WHERE first.link = outbox.link AND first.target = outbox.target AND first.state = 'owed'
                AND first.id <> outbox.id AND first.kind IN ('create', 'advance')
        )
    """,
    "owed calls of links that are held do not wait": """
        SELECT count(*) FROM outbox JOIN links ON links.id = outbox.link
        WHERE outbox.state = 'owed' AND outbox.blocked = 0 AND links.held = 1
    """,
    "calls are in a state that nobody knows": """
        SELECT count(*) FROM outbox WHERE state NOT IN ('owed', 'done', 'dead', 'superseded', 'shadow')
    """,
    "calls have no end and no way on": """
        SELECT count(*) FROM outbox WHERE (state IN ('done', 'dead', 'superseded')) <> (finished_at IS NOT NULL)
    """,
    "ended calls look as if they were under way": """
        SELECT count(*) FROM outbox WHERE under_way IS NOT NULL AND state <> 'owed'
    """,
    "waiting deliveries have lost their body": """
        SELECT count(*) FROM deliveries WHERE verdict = 'waiting' AND body IS NULL
    """,
    "deliveries have a verdict that nobody knows": """
        SELECT count(*) FROM deliveries
        WHERE verdict NOT IN ('waiting', 'applied', 'superseded', 'ignored', 'quarantined')
    """,
    "links have no member": """
        SELECT count(*) FROM links WHERE NOT EXISTS (SELECT 1 FROM refs WHERE refs.link = links.id)
    """,
    "links are over without a time, or have a time without being over": """
        SELECT count(*) FROM links WHERE (status = 3) <> (ended_at IS NOT NULL)
    """,
    "numbers are missing in the audit": """
        SELECT COALESCE(MAX(seq), 0) - count(*) FROM audit
    """,
}
