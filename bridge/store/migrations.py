"""The tables, step by step. A step that was released is never changed; a new one is added.

The text is plain enough for PostgreSQL (`postgres_schema` says what it changes): flags are small integers, times are
seconds since 1970, JSON is text.
Claims stay quick whatever has piled up, because every "waiting" and "owed" question has its partial index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlite_utils import Database, Migrations

DELIVERIES = """
CREATE TABLE deliveries (
    id TEXT PRIMARY KEY NOT NULL,
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    body BLOB,                              -- NULL once pruned: the key stays
    headers TEXT NOT NULL,
    query TEXT NOT NULL,
    door TEXT NOT NULL,
    stale SMALLINT NOT NULL,
    received_at DOUBLE PRECISION NOT NULL,
    due_at DOUBLE PRECISION NOT NULL,
    claimed_at DOUBLE PRECISION,            -- while somebody works on it
    attempts INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL DEFAULT 0,
    verdict TEXT NOT NULL DEFAULT 'waiting',
    reason TEXT NOT NULL DEFAULT '',
    UNIQUE (source, key)
);
CREATE INDEX deliveries_waiting ON deliveries (due_at, id) WHERE verdict = 'waiting';
CREATE INDEX deliveries_claimed ON deliveries (claimed_at) WHERE claimed_at IS NOT NULL;
CREATE INDEX deliveries_quarantined ON deliveries (id) WHERE verdict = 'quarantined';
CREATE INDEX deliveries_ended ON deliveries (received_at) WHERE body IS NOT NULL AND verdict <> 'waiting';
"""

LINKS = """
CREATE TABLE links (
    id TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    origin_system TEXT NOT NULL,
    origin_kind TEXT NOT NULL,
    origin_id TEXT NOT NULL,
    origin_alias TEXT NOT NULL,
    status SMALLINT NOT NULL,               -- derived from the members
    episode INTEGER NOT NULL,
    trouble TEXT NOT NULL,
    title TEXT NOT NULL,
    number TEXT NOT NULL,
    began_at DOUBLE PRECISION NOT NULL,
    listed SMALLINT NOT NULL,
    held SMALLINT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    touched_at DOUBLE PRECISION NOT NULL,
    ended_at DOUBLE PRECISION
);
CREATE INDEX links_live ON links (id) WHERE status < 3;
CREATE INDEX links_ended ON links (ended_at) WHERE ended_at IS NOT NULL;
"""

REFS = """
CREATE TABLE refs (
    link TEXT NOT NULL REFERENCES links (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,                 -- the order in which the link met them
    system TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    id TEXT NOT NULL,
    alias TEXT NOT NULL,
    mark TEXT NOT NULL,
    status SMALLINT NOT NULL,               -- 0: not known
    asked SMALLINT NOT NULL,                -- 0: nothing
    phase TEXT NOT NULL,
    lowered SMALLINT NOT NULL,
    episode INTEGER NOT NULL,
    url TEXT NOT NULL,
    gone SMALLINT NOT NULL,
    PRIMARY KEY (link, system, name)
);
CREATE INDEX refs_id ON refs (id, system) WHERE id <> '';
CREATE INDEX refs_alias ON refs (alias, system) WHERE alias <> '';
CREATE INDEX refs_mark ON refs (mark, system) WHERE mark <> '';
CREATE TABLE traces (
    link TEXT NOT NULL,
    delivery TEXT NOT NULL,
    PRIMARY KEY (link, delivery)
);
CREATE INDEX traces_delivery ON traces (delivery);
"""

OUTBOX = """
CREATE TABLE outbox (
    id TEXT PRIMARY KEY NOT NULL,
    link TEXT NOT NULL REFERENCES links (id) ON DELETE CASCADE,
    delivery TEXT NOT NULL,                 -- its cause
    target TEXT NOT NULL,
    kind TEXT NOT NULL,
    of TEXT NOT NULL,
    lane SMALLINT NOT NULL,
    once TEXT UNIQUE,                       -- what may be done one time only
    command TEXT NOT NULL,
    state TEXT NOT NULL,                    -- owed, done, dead, superseded, shadow
    blocked SMALLINT NOT NULL DEFAULT 0,    -- waits for an earlier call of its link
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at DOUBLE PRECISION NOT NULL,
    under_way DOUBLE PRECISION,             -- since when somebody may be making it
    fence INTEGER NOT NULL DEFAULT 0,
    unsure SMALLINT NOT NULL DEFAULT 0,
    unsure_since DOUBLE PRECISION,
    progress TEXT NOT NULL DEFAULT '',
    first_try DOUBLE PRECISION,
    reason TEXT NOT NULL DEFAULT '',
    made TEXT NOT NULL DEFAULT '',          -- id of what came of it
    created_at DOUBLE PRECISION NOT NULL,
    finished_at DOUBLE PRECISION
);
CREATE INDEX outbox_owed ON outbox (target, lane, blocked, due_at, id) WHERE state = 'owed';
CREATE INDEX outbox_owed_by_link ON outbox (link, target, of) WHERE state = 'owed';
CREATE INDEX outbox_under_way ON outbox (under_way) WHERE under_way IS NOT NULL;
CREATE INDEX outbox_dead ON outbox (link, id) WHERE state = 'dead';
CREATE INDEX outbox_link ON outbox (link, id);
"""

LEDGER = """
CREATE TABLE circuits (
    target TEXT PRIMARY KEY NOT NULL,
    open SMALLINT NOT NULL,
    since DOUBLE PRECISION NOT NULL,
    probe_at DOUBLE PRECISION NOT NULL,
    reason TEXT NOT NULL,
    failures INTEGER NOT NULL
);
CREATE TABLE facts (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);
CREATE TABLE runs (
    id TEXT PRIMARY KEY NOT NULL,
    started_at DOUBLE PRECISION,
    finished_at DOUBLE PRECISION,
    report TEXT NOT NULL                    -- everything else of it
);
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY NOT NULL,       -- without gaps
    at DOUBLE PRECISION NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);
"""

AUDIT_STAYS = """
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
"""


SIGNALS = """
ALTER TABLE links ADD COLUMN dedup_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE links ADD COLUMN resolve_at DOUBLE PRECISION;    -- NULL once it is over
CREATE INDEX links_timers ON links (resolve_at) WHERE resolve_at IS NOT NULL;
CREATE INDEX links_titles ON links (origin_system, title) WHERE status < 3 AND origin_kind = 'signal';
"""


SURGERY = """
ALTER TABLE links ADD COLUMN apart SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE links ADD COLUMN held_by TEXT NOT NULL DEFAULT '';
ALTER TABLE links ADD COLUMN held_at DOUBLE PRECISION;
ALTER TABLE links ADD COLUMN held_until DOUBLE PRECISION;    -- NULL: until somebody resumes it
CREATE INDEX links_held_until ON links (held_until) WHERE held_until IS NOT NULL;
CREATE INDEX outbox_shadow ON outbox (id) WHERE state = 'shadow';
"""


ASKED_TO_WAIT = """
ALTER TABLE outbox ADD COLUMN asked_to_wait SMALLINT NOT NULL DEFAULT 0;    -- its target has named the time itself
"""


REPLICAS = """
CREATE TABLE replicas (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    beat_at DOUBLE PRECISION NOT NULL
);
ALTER TABLE deliveries ADD COLUMN holder TEXT NOT NULL DEFAULT '';    -- the replica that has claimed it
ALTER TABLE outbox ADD COLUMN holder TEXT NOT NULL DEFAULT '';
"""


CONSOLE = """
CREATE TABLE sessions (
    digest TEXT PRIMARY KEY NOT NULL,       -- of the id, which only the cookie holds
    username TEXT NOT NULL,
    made_with TEXT NOT NULL,                -- digest of the credentials
    began_at DOUBLE PRECISION NOT NULL,
    seen_at DOUBLE PRECISION NOT NULL
);
CREATE TABLE tokens (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,                   -- of the secret
    scopes TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at DOUBLE PRECISION NOT NULL,
    expires_at DOUBLE PRECISION,
    used_at DOUBLE PRECISION,
    revoked_at DOUBLE PRECISION
);
CREATE TABLE failures (                     -- logins of the last minutes
    id TEXT PRIMARY KEY NOT NULL,
    account TEXT NOT NULL,                  -- digest of the name that was given
    address TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL
);
CREATE INDEX failures_account ON failures (account);
CREATE INDEX failures_address ON failures (address);
CREATE INDEX failures_at ON failures (at);
"""


# For people who look. What is common is found by walking the newest; each of these is of something rare, and costs
# nothing until that happens.
LOOKING = """
CREATE INDEX deliveries_ignored ON deliveries (id) WHERE verdict = 'ignored';
CREATE INDEX deliveries_superseded ON deliveries (id) WHERE verdict = 'superseded';
CREATE INDEX deliveries_heard ON deliveries (source, id) WHERE door = 'webhook';    -- who is silent is asked for often
CREATE INDEX deliveries_tools ON deliveries (source, id) WHERE source NOT IN ('pagertree', 'rootly');
CREATE INDEX links_held ON links (id) WHERE held = 1;
CREATE INDEX links_tools ON links (origin_system, id) WHERE origin_system NOT IN ('pagertree', 'rootly');
CREATE INDEX links_number ON links (lower(number)) WHERE number <> '';
CREATE INDEX outbox_superseded ON outbox (id) WHERE state = 'superseded';
CREATE INDEX audit_subject ON audit (subject, seq);
CREATE INDEX audit_actor ON audit (actor, seq);
CREATE INDEX audit_action ON audit (action, seq);
"""


# What was written before has no seal of its own; the first entry that has one seals it all.
CHAIN = """
ALTER TABLE audit ADD COLUMN chain TEXT NOT NULL DEFAULT '';
"""


STEPS: Mapping[str, tuple[str, ...]] = {
    "first_tables": (DELIVERIES, LINKS, REFS, OUTBOX, LEDGER, AUDIT_STAYS),
    "signals": (SIGNALS,),
    "surgery": (SURGERY,),
    "asked_to_wait": (ASKED_TO_WAIT,),
    "replicas": (REPLICAS,),
    "console": (CONSOLE,),
    "looking": (LOOKING,),
    "chain": (CHAIN,),
}

migrations = Migrations("bridge")


def _register(name: str, scripts: Sequence[str]) -> None:
    @migrations(name=name)
    def step(db: Database) -> None:
        for script in scripts:
            db.executescript(script)


for _name, _scripts in STEPS.items():
    _register(_name, _scripts)


def missing_steps(db: Database) -> tuple[str, ...]:
    """Steps that the file has not had yet: an older bridge made it."""
    return missing(step.name for step in migrations.applied(db))


def unknown_steps(db: Database) -> tuple[str, ...]:
    """Steps that the file has had and we do not know: a newer bridge made them."""
    return unknown(step.name for step in migrations.applied(db))


def missing(had: Iterable[str]) -> tuple[str, ...]:
    names = frozenset(had)
    return tuple(name for name in STEPS if name not in names)


def unknown(had: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in had if name not in STEPS)
