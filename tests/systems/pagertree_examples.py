"""What both test files of PagerTree's dialect start from: settings, samples, and small variations of them."""

import json
from pathlib import Path
from typing import Any

from bridge.model import Hook, Response
from bridge.systems.pagertree.words import Settings

SAMPLES = Path(__file__).parents[1] / "samples" / "pagertree"

ULID = "01K9Q4T7ZB3M8XW2H5N6RCVD1E"
PREFIX = "alt_Kq7NvX2mRw9ZbT"
SETTINGS = Settings.model_validate(
    {
        "api_key": "key-of-the-bridge",
        "webhook": {"secrets": ["old-secret", "new-secret"], "username": "pager", "password": "tree:house"},
    }
)


def sample(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return loaded


def hook(body: object, **more: Any) -> Hook:
    return Hook(body if isinstance(body, bytes) else json.dumps(body).encode(), **more)


def news(name: str, **changes: Any) -> dict[str, Any]:
    """A sample webhook with other values in its data."""
    body = sample(name)
    return {**body, "data": {**body["data"], **changes}}


def answer(body: object, status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, named, body if isinstance(body, bytes) else json.dumps(body).encode())


def page(*rows: object, more: bool = False) -> Response:
    return answer({"data": list(rows), "has_more": more, "total_count": len(rows)})
