"""Every refusal that a door may answer, with its status, its code, when it comes and the headers that it carries."""

from __future__ import annotations

from dataclasses import dataclass

RETRY, CHALLENGE, ALLOW = "Retry-After", "WWW-Authenticate", "Allow"


@dataclass(frozen=True, slots=True)
class Refused:
    status: int
    code: str
    why: str
    headers: tuple[str, ...] = ()
    text: bool = False  # one word instead of our form


EVERYWHERE = (
    Refused(400, "bad_request", "the request, its query or a header is not what it should be; the message says why"),
    Refused(408, "timeout", "the request did not arrive in time"),
    Refused(413, "too_large", "the body has more than 1 MiB"),
    Refused(431, "headers_too_large", "the headers have more than 16 KiB"),
)
TOO_MANY = Refused(429, "too_many_failures", "too many requests from this address failed to authenticate", (RETRY,))
AUTH = (
    Refused(401, "unauthorized", "no credential that is known here; one answer for every reason", (CHALLENGE,)),
    TOO_MANY,
)
SCOPE = Refused(403, "insufficient_scope", "the token lacks the scope; the challenge names it", (CHALLENGE,))
UNSTORED = Refused(503, "unavailable", "it could not be stored or read now; send it again later", (RETRY,))
BODY = (
    Refused(400, "incomplete_body", "the body is shorter than its Content-Length"),
    Refused(411, "length_required", "neither a Content-Length nor chunks"),
    Refused(415, "unsupported_media_type", "another content type than JSON in UTF-8"),
    Refused(415, "unsupported_encoding", "a compressed body"),
)
JSON = Refused(400, "bad_json", "the body is not a JSON object in UTF-8")

NOT_FOUND = Refused(404, "not_found", "nothing here has that id")
CONFLICT = Refused(409, "conflict", "it does not fit how things stand; the message says how they stand")
INVALID = Refused(422, "invalid", "a field is wrong; the message names it")
NOBODY = Refused(422, "nobody_paged", "no receiver is named, and the routes page nobody for it")
UNANSWERED = Refused(503, "unavailable", "a system that had to be asked did not answer", (RETRY,))
UNREADY = Refused(503, "unready", "one word: a webhook sent now would not be kept", text=True)

FORBIDDEN = Refused(403, "forbidden", "the token is missing or wrong")
DISABLED = Refused(405, "disabled", "the integration is disabled", (ALLOW,))
BUSY = Refused(429, "too_many_requests", "the integration's own limit is reached", (RETRY,))
