"""One-time codes of the console's login (TOTP, RFC 6238: six digits, another every 30 seconds)."""

from __future__ import annotations

from datetime import datetime
from hmac import compare_digest

from pyotp import TOTP, random_base32

ISSUER = "Rootly-PagerTree bridge"
DRIFT = (-1, 0, 1)  # steps by which the clocks may differ


def new_secret() -> str:
    """160 bits in base32."""
    return random_base32()


def address_of(secret: str, username: str) -> str:
    """What an authenticator app takes, as a link or a picture: https://github.com/google/google-authenticator/wiki"""
    return TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step that the code is of; None: of none near. The same work whichever it is."""
    totp, given = TOTP(secret), "".join(code.split()).encode("utf-8", "surrogatepass")
    steps = [totp.timecode(now) + drift for drift in DRIFT]
    right = [step for step in steps if compare_digest(totp.generate_otp(step).encode(), given)]
    return max(right, default=None)
