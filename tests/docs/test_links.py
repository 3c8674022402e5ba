"""No page of the project links to what is not there, and the site, which `uv run poe docs` builds, has all of them."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import collab
import collab.client
from tests.docs.pages import DOCS, PAGES, PROTOCOL, README, ROOT, laid_out, links


def _pages() -> list[Path]:
    of_tests = [page for page in (ROOT / "tests").rglob("*.md") if "node_modules" not in page.parts]
    return [*PAGES, *sorted(of_tests)]


@pytest.mark.parametrize("page", _pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [str(link) for link in links(page) if link.is_dead] == []


def test_a_dead_link_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One\n\n[a](#one) [b](#two) [c](page.md#one) [d](other.md)\n\n```\n[e](no)\n```\n`[f](no)`\n")
    assert [link.is_dead for link in links(page)] == [False, True, False, True]


def test_the_readme_names_every_page() -> None:
    assert {link.file for link in links(README)} >= PAGES.keys() - {README}


def test_the_site_names_every_page() -> None:
    site: dict[str, Any] = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]
    assert sorted(_names(site["nav"])) == sorted(PAGES.values())


def _names(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    else:
        for entry in nav.values() if isinstance(nav, dict) else nav:
            yield from _names(entry)


def test_in_the_site_a_link_leads_to_a_page_there() -> None:
    assert "](settings.md)" in laid_out(README)
    assert "](pictures/editing.png)" in laid_out(README)
    assert "](protocol.md#an-edit-that-was-kept-back)" in laid_out(DOCS / "decisions.md")
    assert "order: `realtime/handlers.py`" in " ".join(laid_out(DOCS / "architecture.md").split())


def test_in_the_site_a_list_may_follow_a_line_of_text() -> None:
    assert "\nThe server orders; every client ends with the same document.\n\n1. " in laid_out(PROTOCOL)


def test_the_reference_has_the_modules_with_public_names() -> None:
    shown = (DOCS / "reference.md").read_text()
    assert all(f"::: {module.__name__}\n" in shown for module in (collab, collab.client))
