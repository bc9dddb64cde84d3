"""What `doctor --online` looks for at Rootly: its own PagerTree integration beside ours, and where its webhooks go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing

from bridge.config import Config
from bridge.core.counting import counted
from bridge.core.policy import PAGERTREE
from bridge.errors import BridgeError, Unlistable
from bridge.flows.asking import Send, whole_list
from bridge.flows.checks import Area, Check, fail, ok, warn
from bridge.model import NoAnswer, Ref, Response
from bridge.store.opening import open_readonly
from bridge.systems.rootly import checkup

SHOWN = 5


def examine(config: Config, send: Send) -> Iterator[Check]:
    yield from neighbour(config, send)
    yield from _webhooks(config, send)


def neighbour(config: Config, send: Send) -> Iterator[Check]:
    """Two that page for the same incident make two pages."""
    name, answer = "Rootly's own PagerTree integration", send(checkup.newest_alerts(config.rootly))
    try:
        pages, foreign = checkup.read_linked(answer) if isinstance(answer, Response) else _unread(answer)
    except Unlistable as fault:
        yield warn(name, f"could not be looked for: {fault}", "see in Rootly, Integrations, whether PagerTree is on")
        return
    found = sorted((pages | foreign) - _made_by_us(config, pages | foreign))
    if not found:
        yield ok(name, "no trace of it in the newest alerts")
        return
    shown = ", ".join(found[:SHOWN])
    mend = "in Rootly switch off the workflows that create PagerTree alerts and PagerTree as an alert source"
    yield warn(name, f"pages beside us: {counted(len(found), 'alert')} that we did not make ({shown})", mend)


def severities(config: Config, send: Send) -> Iterator[Check]:
    """Rootly's own against the maps: what they do not name takes the default."""
    name = "severities"
    try:
        found = whole_list(send, checkup.severities(config.rootly), checkup.read_severities)
    except Unlistable as fault:
        yield fail(name, str(fault), "try again later", Area.REMOTE)
        return
    maps = {"mapping.severity": config.mapping.severity, "mapping.urgency": config.mapping.urgency}
    lacking = [(key, *one) for key, words in maps.items() for one in found if one[1].lower() not in _lower(words)]
    for key, severity, attribute in lacking:
        detail = f"{key}: has no {attribute or 'word'} for Rootly's severity {severity}, so it takes the default"
        yield warn(name, detail, f"add {attribute or 'the severity in Rootly'}, or let the default stand")
    if not lacking:
        yield ok(name, f"the maps know each of Rootly's: {', '.join(name for name, _ in found) or 'there are none'}")


def _lower(words: Mapping[str, str]) -> set[str]:
    return {word.lower() for word in words}


def _unread(answer: NoAnswer) -> tuple[frozenset[str], frozenset[str]]:
    raise Unlistable(answer.reason)


def _made_by_us(config: Config, ids: frozenset[str]) -> frozenset[str]:
    """Those that bear our mark, as far as our store knows."""
    if config.database and not config.database.exists():
        return frozenset()
    try:
        readers = open_readonly(config.store)
    except BridgeError:
        return frozenset()  # told already
    with closing(readers), readers.reports() as reports:
        refs = {id_: Ref(PAGERTREE, "alert", id_) for id_ in ids}
        members = {id_: [link.find(ref) for link in reports.links_of((ref,))] for id_, ref in refs.items()}
    return frozenset(id_ for id_, found in members.items() if any(member and member.ours for member in found))


def _webhooks(config: Config, send: Send) -> Iterator[Check]:
    name = "Rootly's webhook"
    if config.server.public_url is None:
        yield warn(
            name, "cannot be looked for: server.public_url is not set", "set it to how Rootly reaches the bridge"
        )
        return
    answer = send(checkup.endpoints(config.rootly))
    try:
        found = checkup.read_endpoints(answer) if isinstance(answer, Response) else None
    except Unlistable:
        found = None
    if found is None:
        mend = "look yourself in Rootly, Configuration, Webhooks"
        yield warn(name, "this API key cannot read the list of webhooks", mend)
    else:
        yield endpoint_check(name, f"{config.server.public_url}/webhooks/rootly", found)


def endpoint_check(name: str, url: str, found: tuple[checkup.Endpoint, ...]) -> Check:
    mine = next((one for one in found if one.url.partition("?")[0].rstrip("/") == url), None)
    if mine is None:
        return warn(name, f"none goes to {url}", "`bridge setup` makes it; until then only poll and resync tell")
    if not mine.enabled:
        return warn(name, f"the one to {url} is switched off", "`bridge setup` switches it on")
    if mine.lacking:
        return warn(name, f"does not send {', '.join(mine.lacking)}", "`bridge setup` ticks them")
    return ok(name, f"goes to {url} with every event that is needed")
