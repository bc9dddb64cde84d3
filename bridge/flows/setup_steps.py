"""The same as `bridge setup`, for doing it by hand: what to click and type in both UIs."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.config import Config
from bridge.redact import MASK
from bridge.systems.pagertree import outgoing
from bridge.systems.pagertree.words import Webhook
from bridge.systems.rootly import endpoints


def steps(config: Config, name: str, show_secret: bool) -> Iterator[str]:
    """Without `show_secret` no secret is in them."""
    address = (config.server.public_url or "https://YOUR-BRIDGE").rstrip("/")
    if config.server.public_url is None:
        yield "First set server.public_url: it stands as https://YOUR-BRIDGE below."
        yield ""
    yield from _pagertree(config.pagertree.webhook, f"{address}/webhooks/pagertree", name, show_secret)
    yield ""
    yield from _rootly(config, f"{address}/webhooks/rootly", show_secret)
    yield ""
    yield "Rootly's own PagerTree integration beside the bridge doubles every page:"
    yield "  1. In Rootly, Workflows: disable those that create or update PagerTree alerts."
    yield "  2. In PagerTree, Integrations: disable the Outgoing Webhook whose URL is Rootly's."
    yield "  3. Check both with: bridge doctor --online"


def _pagertree(webhook: Webhook, address: str, name: str, show_secret: bool) -> Iterator[str]:
    url = outgoing.target_url(address, webhook)
    yield "PagerTree"
    yield "  1. Integrations, New Integration, Outgoing Webhook."
    yield f"  2. Name: {name}"
    yield f"  3. URL: {url if show_secret or not webhook.secrets else f'{address}?secret={MASK}'}"
    if not webhook.secrets and webhook.password is not None:
        yield f"     Username: {webhook.username}"
        yield f"     Password: {webhook.password.get_secret_value() if show_secret else MASK}"
    yield f"  4. Tick: {', '.join(outgoing.EVENTS)}"
    yield "  5. Leave the template empty. Save, and see that it is enabled."


def _rootly(config: Config, address: str, show_secret: bool) -> Iterator[str]:
    secret = config.rootly.webhook.secrets[0].get_secret_value() if show_secret else MASK
    yield "Rootly"
    yield "  1. Configuration, Webhooks, New Webhook."
    yield f"  2. Name: {endpoints.NAME}"
    yield f"  3. URL: {address}"
    yield f"  4. Event types: {', '.join(endpoints.EVENTS)}"
    yield f"  5. Secret: {secret}"
    yield "     If Rootly makes one itself, copy it, once, into rootly.webhook.secrets."
    yield "  6. Save, and see that it is enabled."
