"""Pictures of every page of the real console, by day, by night and on a phone: `python -m tests.browser.pictures`.

They go to docs/pictures/, as PNG with at most 256 colours: a page of text needs no more.
"""

from __future__ import annotations

import base64
import random
import shutil
import sqlite3
import struct
import sys
import time
import zlib
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bridge.store.ids import RANDOM_BITS, encode
from tests.browser.opening import Look, came, entered, launched, pages_of
from tests.browser.world import open_world
from tests.e2e.harness import Scene

FOLDER = Path(__file__).parent.parent.parent / "docs" / "pictures"
LOOKS = {"light": Look(), "dark": Look("dark"), "phone": Look(width=390, height=844)}
NAMES = (
    "login", "overview", "links", "link", "unlink", "deliveries", "delivery", "calls", "call", "resyncs", "resync",
    "integrations", "integration", "rules", "audit", "tokens", "settings",
)  # fmt: skip
# The browser reads the pixels: the 256 colours that are met most, and for each pixel the nearest of them.
DONE = """
INSERT INTO outbox (id, link, target, kind, of, lane, command, state, attempts, due_at, reason, delivery, created_at,
    first_try, finished_at)
SELECT ?, link, ?, 'note', of, 3, command, 'done', 1, ?, 'done', ?, ?, ?, ?
FROM outbox WHERE state = 'done' ORDER BY id DESC LIMIT 1
"""
FEWER = """async (png) => {
  const bitmap = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
  const {width, height} = bitmap, canvas = new OffscreenCanvas(width, height), pen = canvas.getContext("2d");
  pen.drawImage(bitmap, 0, 0);
  const data = pen.getImageData(0, 0, width, height).data, met = new Map(), key = new Uint32Array(width * height);
  for (let n = 0; n < key.length; n++) {
    key[n] = (data[4 * n] << 16) | (data[4 * n + 1] << 8) | data[4 * n + 2];
    met.set(key[n], (met.get(key[n]) ?? 0) + 1);
  }
  const palette = [...met].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([colour]) => colour);
  const away = (a, b) => [16, 8, 0].reduce((sum, bits) => sum + (((a >> bits) & 255) - ((b >> bits) & 255)) ** 2, 0);
  const nearest = new Map([...met.keys()].map((colour) => [colour,
    palette.reduce((best, one, place) => away(colour, one) < away(colour, palette[best]) ? place : best, 0)]));
  let text = "";
  for (let n = 0; n < key.length; n++) text += String.fromCharCode(nearest.get(key[n]));
  return {width, height, palette, pixels: btoa(text)};
}"""


def small(painter: Page, png: bytes) -> bytes:
    """The same picture in a palette."""
    drawn: Any = painter.evaluate(FEWER, base64.b64encode(png).decode())
    width, pixels = drawn["width"], base64.b64decode(drawn["pixels"])
    lines = b"".join(b"\0" + pixels[start : start + width] for start in range(0, len(pixels), width))
    head = struct.pack(">IIBBBBB", width, drawn["height"], 8, 3, 0, 0, 0)
    colours = b"".join(colour.to_bytes(3, "big") for colour in drawn["palette"])
    chunks = ((b"IHDR", head), (b"PLTE", colours), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def busy_hour(database: Path) -> None:
    """Calls of the hour before, so that its course is to be seen: some a minute, slow for a while in the middle."""
    chance, now = random.Random(1), time.time()
    with closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as rows:
        rows.execute("BEGIN IMMEDIATE")
        for number in range(240):
            began = now - 60 - number * 14
            took = chance.lognormvariate(-1.0, 0.5) * (6 if 80 < number < 100 else 1)
            id_, target = encode((int(began * 1000) << RANDOM_BITS) + number), chance.choice(("pagertree", "rootly"))
            rows.execute(DONE, (id_, target, began, id_, began, began, began + took))
        rows.execute("COMMIT")


def take(browser: Browser, scene: Scene, painter: Page, wanted: list[str]) -> None:
    cookies = entered(browser, scene.bridge.url)
    for look, how in LOOKS.items():
        known, unknown = (came(browser, scene.bridge.url, how, who) for who in (cookies, None))
        for name, path in pages_of(scene).items():
            if name in wanted:
                page = (unknown if name == "login" else known).new_page()
                page.goto(path, wait_until="networkidle")
                (FOLDER / f"{name}-{look}.png").write_bytes(small(painter, page.screenshot()))
                page.close()


def main(wanted: list[str]) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("There is no chromium here: apt-get install chromium")
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright, launched(playwright, chromium) as browser:
        scene = open_world(Path(folder))
        busy_hour(Path(folder) / "bridge.db")
        take(browser, scene, browser.new_page(), wanted or list(NAMES))
        scene.close()


if __name__ == "__main__":
    main(sys.argv[1:])
