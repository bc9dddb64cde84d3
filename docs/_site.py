"""What the site needs beside docs/: README and CHANGELOG as pages of it, and no link that leads to a file it has not.

The pages are written for a reader of the repository, so what they link to stands as text where the site has no page.
"""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
TOP = {"README.md": "readme.md", "CHANGELOG.md": "changelog.md"}  # files beside docs/, and their pages
FIRST_DECISION = "adr/0001-at-least-once-with-marks.md"  # for links to the folder
LINK = re.compile(r"\[([^\]]*)\]\((?!https?:|#)([^)#]*)(#[^)]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    for name, page in TOP.items():
        files.append(File.generated(config, page, content=_led(ROOT / name, name)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    where = f"docs/{page.file.src_uri}"
    return markdown if page.file.src_uri in TOP.values() else led(markdown, where)


def _led(path: Path, where: str) -> str:
    return led(path.read_text(), where)


def led(markdown: str, where: str) -> str:
    """The text of the file `where` with each link as it is in the site."""
    up = "../" * (where.count("/") - 1)

    def link(found: re.Match[str]) -> str:
        text, target, anchor = found[1], found[2], found[3] or ""
        page = _page(normpath(join(dirname(where), target)))
        return f"[{text}]({up}{page}{anchor})" if page else text

    return LINK.sub(link, markdown)


def _page(path: str) -> str | None:
    """The site's page of a file of the repository."""
    if path == "docs/adr":
        return FIRST_DECISION
    inside = path.removeprefix("docs/") if path.startswith("docs/") else ""
    return TOP.get(path) or inside or None
