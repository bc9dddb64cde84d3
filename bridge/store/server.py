"""What a database server says of itself, for `doctor`: asked, never changed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Server:
    """As a connection of ours finds it, by way of whatever stands between."""

    name: str
    version: int  # 150018 is 15.18
    private: bool  # TLS, or this machine
    standby: bool
    read_only: bool
    commits: str  # synchronous_commit, as every turn of ours has it
    fsync: bool
    full_page_writes: bool
    standbys: str  # synchronous_standby_names; empty: none is waited for
    unconfirmed: bool  # a COMMIT of ours has been waiting for one for seconds
    ahead: float  # seconds by which its clock is before ours
    connections: int  # most that our user may have at once
    others: int  # of them in use by others than bridges
    bridges: int  # that live
    pooled: bool
    hears: bool  # NOTIFY comes through; asked only where a pooler stands between
    tables: bool
    may_make_tables: bool
