"""Rootly's side of `bridge setup`: one webhook endpoint that tells the bridge, with a secret that the bridge knows."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.core.policy import ROOTLY
from bridge.errors import Unanswered, Unreadable
from bridge.flows.asking import answer_to, whole_list
from bridge.flows.checks import Area, fail, warn
from bridge.flows.setup_parts import Job, Part, done, planned
from bridge.model import Request, Response
from bridge.systems.rootly import endpoints as dialect
from bridge.systems.rootly.answers import refusal
from bridge.systems.rootly.endpoints import EVENTS, Endpoint

NAME = "Rootly's webhook"


def connect(job: Job) -> Iterator[Part]:
    address = f"{job.address}/webhooks/{ROOTLY}"
    listed = whole_list(job.send, dialect.listing(job.config.rootly), dialect.read_page)
    there = sorted((one for one in listed if one.goes_to(address)), key=lambda one: _rank(job, one))
    if not there:
        yield _made(job, address)
    elif _is_foreign(job, there[0].secret):
        yield _replaced(job, there[0], address)
    else:
        yield _mended(job, there[0], address)
    yield from _cautions(listed, there[1:], address)


def _cautions(listed: tuple[Endpoint, ...], doubles: list[Endpoint], address: str) -> Iterator[Part]:
    for one in doubles:
        mend = "delete it in Rootly, Configuration, Webhooks"
        yield Part(warn(NAME, f"{one.name} goes to {address} as well: everything comes twice", mend))
    for one in listed:
        if one.name == dialect.NAME and not one.goes_to(address):
            where = one.url.partition("?")[0]
            mend = "delete it in Rootly, Configuration, Webhooks, unless another bridge is there"
            yield Part(warn(NAME, f"another one of that name goes to {where}", mend))


def _rank(job: Job, endpoint: Endpoint) -> tuple[bool, bool, int, str]:
    """Best first: one whose secret we know, that is on and lacks least."""
    lacks = len(dialect.differs(endpoint))
    return _is_foreign(job, endpoint.secret), not endpoint.enabled, lacks, endpoint.id


def _is_foreign(job: Job, secret: str) -> bool:
    """Whether what is signed with it would be refused. One that is not shown is taken for ours."""
    return bool(secret) and secret not in [one.get_secret_value() for one in job.config.rootly.webhook.secrets]


def _made(job: Job, address: str) -> Part:
    changes = (f"create the webhook {dialect.NAME!r} to {address} with {len(EVENTS)} event types and our secret",)
    return planned(NAME, changes) if job.plan else _stands(job, _create(job, address), address, changes)


def _replaced(job: Job, old: Endpoint, address: str) -> Part:
    """Its secret cannot be changed, so the new one comes first and the old one goes."""
    changes = (f"replace {old.name}: its secret is none of rootly.webhook.secrets, and all it sends is refused",)
    if job.plan:
        return planned(NAME, changes)
    made = _create(job, address)
    _ask(job, dialect.delete(job.config.rootly, old))
    return _stands(job, made, address, changes)


def _mended(job: Job, mine: Endpoint, address: str) -> Part:
    differs = dialect.differs(mine)
    changes = tuple(f"{_in_words(key, mine)} ({mine.name})" for key in differs)
    if not changes:
        return _stands(job, mine, address, ())
    if job.plan:
        return planned(NAME, changes)
    return _stands(job, _read(_ask(job, dialect.update(job.config.rootly, mine, differs))), address, changes)


def _in_words(key: str, mine: Endpoint) -> str:
    if key == "enabled":
        return "switch it on"
    added = [word for word in EVENTS if word not in mine.events] if mine.events else []
    removed = [word for word in mine.events if word not in EVENTS]
    said = [f"tick {', '.join(added)}"] if added else []
    said += [f"untick {', '.join(removed)}"] if removed else []
    return " and ".join(said) or f"tick the {len(EVENTS)} types that the bridge reads instead of all"


def _stands(job: Job, shown: Endpoint, address: str, changes: tuple[str, ...]) -> Part:
    if _is_foreign(job, shown.secret):
        told = (f"secret: {shown.secret}",) if job.show_secret else ()
        where = "put it first into rootly.webhook.secrets and restart the bridge"
        mend = where if job.show_secret else f"{where}; --show-secret prints it, and so does Rootly's UI"
        return Part(fail(NAME, "Rootly made a secret of its own for it", mend, Area.CONFIG), changes, told)
    if dialect.differs(shown):
        return Part(fail(NAME, "Rootly did not keep what was set", "see `bridge setup --print-steps`"), changes)
    remark = "" if shown.secret else "; its secret is not shown, so it could not be compared"
    return done(NAME, f"{shown.name} sends {len(EVENTS)} event types to {address}{remark}", changes)


def _create(job: Job, address: str) -> Endpoint:
    secret = job.config.rootly.webhook.secrets[0].get_secret_value()
    return _read(_ask(job, dialect.create(job.config.rootly, address, secret)))


def _ask(job: Job, request: Request) -> Response:
    return answer_to(job.send, request, ROOTLY, lambda answer: f"Rootly answered {answer.status} {refusal(answer)}")


def _read(answer: Response) -> Endpoint:
    try:
        return dialect.read_one(answer)
    except Unreadable as fault:
        raise Unanswered(f"Rootly answered {answer.status}, but: {fault}") from fault
