"""What the tests of Rootly's dialect share: settings, samples, and answers as Rootly gives them."""

import json
from pathlib import Path
from typing import Any

from bridge.model import Hook, Response
from bridge.systems.rootly.words import Settings

SAMPLES = Path(__file__).parent.parent / "samples" / "rootly"
INCIDENT = "1c0ffee0-2222-4c3d-8e4f-000000000002"
ALERT = "a1e7b0c2-1111-4c3d-8e4f-000000000001"


def settings(**more: Any) -> Settings:
    given = {"api_key": "rootly_test", "webhook": {"secrets": ["one", "two"]}, **more}
    return Settings.model_validate(given)


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def changed(name: str, word: str | None = None, /, **data: Any) -> dict[str, Any]:
    """A webhook sample under another event type, with other data."""
    body = sample(name)
    body["event"]["type"] = word or body["event"]["type"]
    body["data"] |= data
    return body


def hook(body: object, **more: Any) -> Hook:
    return Hook(json.dumps(body).encode(), **more)


def answer(body: object = None, status: int = 200, **headers: str) -> Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, names, body if isinstance(body, bytes) else json.dumps(body).encode())
