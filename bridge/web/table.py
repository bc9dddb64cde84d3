"""The one table of all doors but the console's. What is not in it is not answered, and all of it is in the document."""

from __future__ import annotations

from collections.abc import Mapping

from bridge import metrics
from bridge.systems.page_fields import Changes, Move, Page
from bridge.web import audit_doors as audit
from bridge.web import refusals as no
from bridge.web import schemas as one
from bridge.web import schemas_rows as row
from bridge.web import schemas_runs as runs
from bridge.web import token_doors as tokens
from bridge.web import trying_doors as trying
from bridge.web.door import Door, part
from bridge.web.parameters import KEY, SINCE, of_list

API = "/api/v1"
WORD, HTML = "text/plain", "text/html"

TAGS = {
    "pages": "Page somebody, and act on what was paged.",
    "links": "One trouble as each system knows it, and what a person may do to it.",
    "deliveries": "Webhooks as they came, and what became of each.",
    "calls": "Calls to the two systems: owed, done, dead.",
    "resyncs": "Comparisons of both sides.",
    "webhooks": "Where the two systems and other tools knock. Who sends a body describes it.",
    trying.TAG: trying.ABOUT,
    tokens.TAG: tokens.ABOUT,
    audit.TAG: audit.ABOUT,
    "health": "For probes and scrapers.",
    "document": "This description.",
}

_ANY = part("id", "Of a link, or of any alert or incident in it.")
_PAGE = part("id", "Of a link or a page, of an alert (alt_…, ULID, or Rootly's), or of a Rootly incident.")
_LINK, _DELIVERY = part("id", "Of a link, or of any object in it."), part("id", "Of a delivery.")
_CALL, _RUN, _INTEGRATION = part("id", "Of a call."), part("id", "Of a resync."), part("id", "As configured.")

_PLACED = "200 once it is stored; the page leaves within the second."
_SAME = "Asked twice, it is done once."
_HOLD = "While it lasts nothing is decided on the link and none of its calls leaves."
_FREE = "What came meanwhile is judged again, and what is owed is due."
_APART = "The pair is left alone from now on; what it owes is superseded."
_JOIN = "Both are read first (eight seconds at most)."
_AGAIN = "Judging twice does no harm."
_MANY = "At least one filter; 10,000 at once at most. With `dry_run` they are only counted."
_SHADOW = "What would have been done where the bridge only watches."
_ROOTLY = "`t=…,v1=…`: HMAC-SHA256 of the time and the raw body, as Rootly signs it."
_TOOLS = "PagerTree's own path and codes; where the token stands depends on the integration's type."
_METRICS = "Asked from the machine itself it needs no token; a stranger is told that there is nothing."

# A table is read line by line.
# fmt: off
DOORS: tuple[Door, ...] = (
    Door("page", "POST", f"{API}/pages", "pages", "Page somebody", one.Placed, "operate", Page, (KEY,),
         (no.CONFLICT, no.INVALID, no.NOBODY), _PLACED),
    Door("update", "PATCH", f"{API}/pages/<id_>", "pages", "Change what a page says or whom it goes to", one.Placed,
         "operate", Changes, (_PAGE, KEY), (no.NOT_FOUND, no.CONFLICT, no.INVALID)),
    Door("acknowledge", "POST", f"{API}/pages/<id_>/acknowledge", "pages", "Acknowledge its alerts", one.Placed,
         "operate", Move, (_PAGE, KEY), (no.NOT_FOUND, no.CONFLICT, no.INVALID), _SAME),
    Door("resolve", "POST", f"{API}/pages/<id_>/resolve", "pages", "Resolve its alerts", one.Placed, "operate",
         Move, (_PAGE, KEY), (no.NOT_FOUND, no.CONFLICT, no.INVALID), _SAME),

    Door("listLinks", "GET", f"{API}/links", "links", "List links, newest first", row.Links, "read", None,
         of_list("links")),
    Door("readLink", "GET", f"{API}/links/<id_>", "links", "One link with its story", row.LinkWhole, "read", None,
         (_LINK,), (no.NOT_FOUND,)),
    Door("join", "POST", f"{API}/links", "links", "Link two objects by hand", one.Surgery, "operate", one.Join, (),
         (no.NOT_FOUND, no.CONFLICT, no.INVALID, no.UNANSWERED), _JOIN),
    Door("pause", "POST", f"{API}/links/<id_>/pause", "links", "Hold a link", one.Surgery, "operate", one.Pause,
         (_ANY,), (no.NOT_FOUND, no.CONFLICT, no.INVALID), _HOLD),
    Door("resume", "POST", f"{API}/links/<id_>/resume", "links", "Let a link go on", one.Surgery, "operate",
         one.Nothing, (_ANY,), (no.NOT_FOUND, no.CONFLICT), _FREE),
    Door("unlink", "POST", f"{API}/links/<id_>/unlink", "links", "Take a pair apart", one.Surgery, "operate",
         one.Nothing, (_ANY,), (no.NOT_FOUND, no.CONFLICT), _APART),

    Door("listDeliveries", "GET", f"{API}/deliveries", "deliveries", "List deliveries, newest first",
         row.Deliveries, "read", None, of_list("deliveries")),
    Door("readDelivery", "GET", f"{API}/deliveries/<id_>", "deliveries", "One delivery, whole", row.DeliveryWhole,
         "read", None, (_DELIVERY,), (no.NOT_FOUND,)),
    Door("replay", "POST", f"{API}/deliveries/<id_>/replay", "deliveries", "Judge a delivery again", one.Replayed,
         "operate", one.Nothing, (_DELIVERY,), (no.NOT_FOUND,), _AGAIN),
    Door("replayMany", "POST", f"{API}/deliveries/replay", "deliveries", "Judge many again", one.Replays, "operate",
         one.Replay, (), (), _MANY),

    Door("listCalls", "GET", f"{API}/calls", "calls", "List calls, newest first", row.Calls, "read", None,
         of_list("calls")),
    Door("readCall", "GET", f"{API}/calls/<id_>", "calls", "One call", row.CallTold, "read", None, (_CALL,),
         (no.NOT_FOUND,)),
    Door("retry", "POST", f"{API}/calls/<id_>/retry", "calls", "Make a dead or waiting call due", one.Retried,
         "operate", one.Nothing, (_CALL,), (no.NOT_FOUND, no.CONFLICT)),
    Door("discard", "POST", f"{API}/calls/<id_>/discard", "calls", "Never make a call", one.Discarded, "operate",
         one.Nothing, (_CALL,), (no.NOT_FOUND, no.CONFLICT)),
    Door("readShadow", "GET", f"{API}/shadow", "calls", "Count what was decided in shadow", one.Shadow, "read",
         None, (SINCE,), (), _SHADOW),

    Door("listResyncs", "GET", f"{API}/resyncs", "resyncs", "List resyncs, newest first", runs.Runs, "read", None,
         of_list("resyncs")),
    Door("readResync", "GET", f"{API}/resyncs/<id_>", "resyncs", "One resync", runs.Run, "read", None, (_RUN,),
         (no.NOT_FOUND,)),
    Door("resync", "POST", f"{API}/resyncs", "resyncs", "Begin a resync", one.Begun, "operate", one.Resync),

    Door("tellPagertree", "POST", "/webhooks/pagertree", "webhooks", "PagerTree's webhooks", one.Accepted,
         asks=one.Foreign, refuses=(no.UNSTORED,), by=("pagertreeSecret", "pagertreeHeader", "pagertreeBasic")),
    Door("tellRootly", "POST", "/webhooks/rootly", "webhooks", "Rootly's webhooks", one.Accepted, asks=one.Foreign,
         refuses=(no.UNSTORED,), about=_ROOTLY, by=("rootlySignature",)),
    Door("tellIntegration", "POST", "/integration/<id>", "webhooks", "Any tool", one.Accepted, "", one.Foreign,
         (_INTEGRATION,), (no.FORBIDDEN, no.NOT_FOUND, no.DISABLED, no.TOO_MANY, no.BUSY, no.UNSTORED),
         _TOOLS),

    *trying.DOORS,
    *tokens.DOORS,
    *audit.DOORS,
    Door("healthz", "GET", "/healthz", "health", "The process answers", WORD),
    Door("readyz", "GET", "/readyz", "health", "It can take webhooks: ready, degraded or unready", WORD,
         refuses=(no.UNREADY,)),
    Door("figures", "GET", "/metrics", "health", "Figures for Prometheus", metrics.CONTENT_TYPE.partition(";")[0],
         "read", about=_METRICS, refuses=(no.NOT_FOUND,), by=("",)),

    Door("openapi", "GET", "/openapi.json", "document", "This document", one.Document),
    Door("docs", "GET", "/docs", "document", "This document for people", HTML),
)
# fmt: on

BY_NAME: Mapping[str, Door] = {door.name: door for door in DOORS}


def doors(*tags: str) -> tuple[Door, ...]:
    """Those of Flask with these tags, in the order of the table."""
    return tuple(door for door in DOORS if door.tag in tags and door.of_flask)
