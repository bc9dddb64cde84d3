"""Rootly's webhook signature: HMAC-SHA256 over the time directly followed by the raw body, with nothing between them.

https://docs.rootly.com/configuration/webhooks
"""

import hashlib
import hmac

HEADER = "X-Rootly-Signature"


def signature(secret: str, body: bytes, seconds: int, flavour: str = "plain") -> str:
    """The header's value. `dotted` and `wrong` make ones that a careful receiver must refuse."""
    between = b"." if flavour == "dotted" else b""
    key = f"not {secret}" if flavour == "wrong" else secret
    digest = hmac.new(key.encode(), str(seconds).encode() + between + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"
