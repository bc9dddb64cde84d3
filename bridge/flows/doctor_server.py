"""What `doctor` thinks of the PostgreSQL server that `store` names: a judgement of what the server has said."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.flows.checks import Area, Check, fail, ok, warn
from bridge.store.server import Server

OLDEST = 15  # on which the tests run
EACH = 14  # connections of one bridge at most: writer, budgets, eight readers, four of its engine
SKEW = 30.0  # seconds: of the minutes that a signature of Rootly's may be old, so many may be our clock's


def judged(server: Server, place: str) -> Iterator[Check]:
    yield _takes_writes(server, place)
    yield _tables(server, place)
    yield _version(server)
    yield _durability(server)
    yield _room(server)
    yield _pooler(server)
    yield _clock(server)
    if not server.private:
        mend = "add ?sslmode=verify-full to `store`"
        yield warn("line", "passwords and alerts cross the network to PostgreSQL without TLS", mend)


def _takes_writes(server: Server, place: str) -> Check:
    if not (server.standby or server.read_only):
        return ok("store", f"{place} answers ({server.name})")
    what = "is a standby" if server.standby else "takes no writes (default_transaction_read_only)"
    mend = "promote it, or name all servers: postgresql://user@one,two/bridge?target_session_attrs=read-write"
    return fail(
        "store", f"{place} answers ({server.name}), but {what}: webhooks would be answered 503", mend, Area.REMOTE
    )


def _tables(server: Server, place: str) -> Check:
    if server.tables:
        return ok("tables", "of this bridge are there")
    if server.may_make_tables:
        return ok("tables", f"are not in {place} yet: the first start makes them")
    mend = "let the user of `store` own the database: ALTER DATABASE … OWNER TO …"
    return fail("tables", f"are not in {place} yet, and the user of `store` may not make them", mend)


def _version(server: Server) -> Check:
    if server.version // 10_000 >= OLDEST:
        return ok("PostgreSQL", server.name.removeprefix("PostgreSQL "))
    what = f"{server.name} is older than {OLDEST}, the oldest that the bridge is tested on"
    return warn("PostgreSQL", what, f"move to PostgreSQL {OLDEST} or later")


def _durability(server: Server) -> Check:
    return _not_durable(server) or _not_whole(server) or ok("durability", _waits_for(server))


def _not_durable(server: Server) -> Check | None:
    if not server.fsync:
        what = "fsync is off: a power cut loses what was answered 200, and may damage the database"
        return fail("durability", what, "set fsync = on at the server")
    if server.commits not in ("on", "remote_apply"):
        what = (
            f"synchronous_commit stays {server.commits} though the bridge asks for on: a crash loses what was answered"
        )
        return fail("durability", what, "let nothing between the bridge and PostgreSQL change it")
    return None


def _not_whole(server: Server) -> Check | None:
    """What is answered 200 is kept, but not everything is as it should be."""
    if server.unconfirmed:
        what = f"a COMMIT waits for a standby that does not confirm ({server.standbys}): webhooks are answered 503"
        return fail(
            "durability", what, "bring the standby back, or take it out of synchronous_standby_names", Area.REMOTE
        )
    if not server.full_page_writes:
        what = "full_page_writes is off: a power cut may damage the database"
        return warn("durability", what, "set full_page_writes = on, unless the disk writes whole pages at once")
    return None


def _waits_for(server: Server) -> str:
    standbys = f"and for a standby ({server.standbys})" if server.standbys else (
        "and for no standby: a failover may lose the last moments (synchronous_standby_names)"
    )  # fmt: skip
    return f"every COMMIT waits for the disk (synchronous_commit {server.commits}), {standbys}"


def _room(server: Server) -> Check:
    """A rolling upgrade has one bridge more for a moment."""
    free = server.connections - server.others
    bridges = max(server.bridges, 1)
    said = f"{server.connections} at most, {server.others} held by others; a bridge takes up to {EACH}: room for "
    said += f"{max(free // EACH, 0)} bridges, {server.bridges} run"
    if free >= EACH * (bridges + 1):
        return ok("connections", said)
    mend = "raise max_connections (or the limit of the user or the database), or put PgBouncer between"
    return warn("connections", said, mend)


def _pooler(server: Server) -> Check:
    if not server.pooled:
        return ok("notifications", "nothing stands between: bridges wake each other at once")
    if server.hears:
        what = f"pass a pooler, so it lends connections for a whole session: each bridge keeps up to {EACH} of them"
        return warn("notifications", what, "use the transaction mode of the pooler, or let its pool be that large")
    return ok("notifications", "do not pass a pooler in transaction mode: the bridges look every second instead")


def _clock(server: Server) -> Check:
    off = f"{abs(server.ahead):.1f} s {'behind' if server.ahead > 0 else 'ahead of'} PostgreSQL's"
    if abs(server.ahead) < SKEW:
        return ok("clock", f"this machine's is {off}")
    return warn("clock", f"this machine's is {off}", "keep both in time with NTP: signatures are judged by this one")
