"""The documentation as a site: every page is in it, every link leads somewhere, and nothing comes from elsewhere."""

import re
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

ROOT = Path(__file__).parent.parent
ELSEWHERE = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=\"?(?:https?:)?//[^\s\">]+")


def listed(nav):
    """Every page that the navigation names, at any depth."""
    match nav:
        case str():
            yield nav
        case dict():
            yield from (page for inner in nav.values() for page in listed(inner))
        case _:
            yield from (page for inner in nav for page in listed(inner))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Built as strictly as it can be: a link or an anchor that leads nowhere ends it."""
    config = load_config(str(ROOT / "mkdocs.yml"), strict=True, site_dir=str(tmp_path_factory.mktemp("site")))
    config.plugins.on_startup(command="build", dirty=False)
    build(config)
    return Path(config.site_dir)


def test_every_page_is_in_the_navigation_once():
    pages = [str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")]
    config = load_config(str(ROOT / "mkdocs.yml"))
    assert sorted(listed(config.nav)) == sorted([*pages, "readme.md", "changelog.md"]), "`nav` of mkdocs.yml"


def test_the_site_has_a_page_for_each_and_a_search_that_needs_no_server(site):
    pages = {path.stem for path in (ROOT / "docs").rglob("*.md")}
    assert {path.stem for path in site.rglob("*.html")} >= pages | {"readme", "changelog"}
    assert (site / "search" / "search_index.json").exists()


def test_no_page_loads_anything_from_elsewhere(site):
    html = [path.read_text() for path in site.rglob("*.html")]
    assert len(html) > 30
    assert not [found[0] for text in html for found in ELSEWHERE.finditer(text)]
    assert not any("class=mermaid" in text or 'class="mermaid"' in text for text in html)  # its script would be fetched


def test_no_link_leads_out_of_the_site_to_a_file_that_it_has_not(site):
    for page in site.rglob("*.html"):
        for target in re.findall(r'href="([^"#:]+\.md)', page.read_text()):
            pytest.fail(f"{page.name} links to {target}")
