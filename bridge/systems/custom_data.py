"""What the rules and templates of a custom webhook see of a request: `always` and `log`, after the preprocessors.

https://pagertree.com/docs/integration-guides/custom-webhook (method, url, body and address are not handed on here)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from bridge.errors import Unreadable
from bridge.model import JSON
from bridge.systems.custom_rules import Preprocessor
from bridge.systems.payload import clean, parse_json, text
from bridge.systems.posts import ALONE
from bridge.systems.tools import Post

_CREDENTIALS = ("authorization", "cookie", "pagertree-token")  # no template may write them into an alert
# https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html: only such an address is Amazon's
_AMAZON = re.compile(r"https://sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[!-~]{1,2000}")
_HANDSHAKES = ("SubscriptionConfirmation", "UnsubscribeConfirmation")


def data_of(post: Post, preprocess: Iterable[Preprocessor]) -> JSON:
    """`log.data`: the body with the query over it, preprocessed in order."""
    data = post.params
    for preprocessor in preprocess:
        data = _preprocessed(preprocessor, data)
    return data


def scene_of(post: Post, data: JSON) -> JSON:
    return {"always": True, "log": {"data": data, "params": post.params, "headers": _shown(post.headers)}}


def handshake(data: JSON) -> tuple[str, str] | None:
    """The type of a message by which Amazon SNS begins or ends a subscription, and what a person should do about it.

    The address is never fetched: anybody can send one, and who opens it vouches for the topic.
    """
    if (kind := text(data, "Type")) not in _HANDSHAKES:
        return None
    if kind != "SubscriptionConfirmation":
        return kind, "Amazon SNS has ended a subscription to this address; subscribe again if that was not meant"
    if not _AMAZON.fullmatch(url := text(data, "SubscribeURL")):
        return kind, "an SNS subscription asks to be confirmed, but its SubscribeURL does not lead to Amazon: ignore it"
    return kind, f"Amazon SNS sends nothing before you confirm the subscription: open its SubscribeURL {url}"


def _preprocessed(preprocessor: Preprocessor, data: JSON) -> JSON:
    if preprocessor.kind == "parse_sns":
        return _changed(_unwrapped(data), ("Message",))
    return _changed(data, preprocessor.path) if preprocessor.path else _unwrapped(data)


def _unwrapped(data: JSON) -> JSON:
    """A body that was an object within a text is that object, with the query over it as ever."""
    body = _parsed(data.get(ALONE))
    rest = {key: value for key, value in data.items() if key != ALONE}
    return {**body, **rest} if isinstance(body, Mapping) else _changed(data, (ALONE,))


def _changed(data: JSON, path: tuple[str, ...]) -> JSON:
    """The same with the text at the path parsed; where nothing stands, nothing happens."""
    first, *rest = path
    if first not in data:
        return data
    value = data[first]
    inner = _changed(value, tuple(rest)) if rest and isinstance(value, Mapping) else value
    return {**data, first: inner if rest else _parsed(value)}


def _parsed(value: object) -> object:
    """The object or list that a text holds; anything else stays what it is."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return parse_json(clean(value).encode())
    except Unreadable:
        return value


def _shown(headers: Mapping[str, str]) -> dict[str, str]:
    """Under both spellings, since a path in a match knows upper from lower case."""
    shown = {name: value for name, value in headers.items() if name not in _CREDENTIALS}
    return shown | {name.title(): value for name, value in shown.items()}
