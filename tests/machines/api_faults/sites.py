"""Every place in the bridge from which a request leaves, known by its method, path and parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from bridge.model import Request

ID = r"[^/?]+"
NO = "none of them"
ONCE = ("check of the key", "entry read", "look-up of what was made", "heartbeat")


@dataclass(frozen=True, slots=True)
class Site:
    """`has`: a parameter that it carries; `lacks`: one that it does not. `before`: the fault, at another site, without
    which nothing is asked here."""

    name: str
    system: str
    method: str
    path: str
    has: str = ""
    lacks: str = NO
    before: tuple[str, str] | None = None

    @property
    def once(self) -> bool:
        """Whether a day asks it just once."""
        return self.name.endswith(ONCE)

    def matches(self, request: Request) -> bool:
        path = urlsplit(request.url).path.removeprefix("/api/v4" if self.system == "pagertree" else "/v1")
        if request.method != self.method or re.fullmatch(self.path, path) is None:
            return False
        return (not self.has or self.has in request.params) and self.lacks not in request.params


def _pagertree() -> tuple[Site, ...]:
    alert = f"/alerts/{ID}"
    made, unmade = ("pagertree create", "reset after"), ("pagertree create", "reset before")
    return tuple(
        Site(f"pagertree {name}", "pagertree", *rest)
        for name, *rest in (
            ("create", "POST", "/alerts"),
            ("acknowledge", "POST", f"{alert}/acknowledge"),
            ("resolve", "POST", f"{alert}/resolve"),
            ("update", "PUT", alert),
            ("comment", "POST", f"{alert}/comments"),
            ("look-up of what was made", "GET", "/alerts", "thirdparty_id", NO, made),
            ("look-up of what was not", "GET", "/alerts", "thirdparty_id", NO, unmade),
            ("look-up of a comment", "GET", f"{alert}/comments", "", NO, ("pagertree comment", "reset after")),
            ("re-read", "GET", "/alerts", "prefix_id"),
            ("live list", "GET", "/alerts", "status"),
            ("teams", "GET", "/teams", "sort"),
            ("routers", "GET", "/routers"),
            ("users", "GET", "/account_users"),
            ("check of the key", "GET", "/teams", "limit", "sort", ("pagertree comment", "status 403")),
        )
    )


def _rootly() -> tuple[Site, ...]:
    alert, incident = f"/alerts/{ID}", f"/incidents/{ID}"
    return tuple(
        Site(f"rootly {name}", "rootly", *rest)
        for name, *rest in (
            ("create", "POST", "/alerts"),
            ("acknowledge", "POST", f"{alert}/acknowledge"),
            ("resolve", "POST", f"{alert}/resolve"),
            ("update", "PATCH", alert),
            ("note", "POST", f"{alert}/events"),
            ("entry", "POST", f"{incident}/events"),
            ("look-up of a note", "GET", "/alert_events", "filter[alert_id]", NO, ("rootly note", "reset after")),
            ("look-up of an entry", "GET", f"{incident}/events", "", NO, ("rootly entry", "reset after")),
            ("incident read", "GET", incident),
            ("alerts of an incident", "GET", f"{incident}/alerts"),
            ("re-read", "GET", alert),
            ("entry read", "GET", f"/events/{ID}"),
            ("feed", "GET", "/alert_events", "", "filter[alert_id]"),
            ("live incidents", "GET", "/incidents"),
            ("live alerts", "GET", "/alerts"),
            ("endpoints", "GET", "/webhooks/endpoints"),
            ("missed deliveries", "GET", f"/webhooks/endpoints/{ID}/deliveries"),
            ("urgencies", "GET", "/alert_urgencies"),
            ("check of the key", "GET", "/users/me", "", NO, ("rootly note", "status 403")),
        )
    )


SITES: tuple[Site, ...] = (*_pagertree(), *_rootly(), Site("heartbeat", "watch", "GET", r"/beat/.+"))
BY_NAME = {site.name: site for site in SITES}
LISTED = ("list", "look-up", "feed", "live", "teams", "routers", "users", "endpoints", "deliveries", "alerts of", "urg")


def reads_a_list(site: Site) -> bool:
    return site.method == "GET" and any(word in site.name for word in LISTED)
