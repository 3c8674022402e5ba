"""The docs, for the tests that hold them and for the site: `python -m tests.docs.pages` lays them out in `site/pages`.

In the repository each page stands where its readers look for it, and links to others by their paths. The generator of
the site wants them in one folder: there a link to a page or a picture leads to its place in the site, and one to source
code, which the site does not have, is its words alone.
"""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.javascript import node_modules

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "collab" / "docs"
README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
PROTOCOL = ROOT / "collab" / "protocol" / "PROTOCOL.md"
SITE = ROOT / "site"

PAGES = {
    README: "index.md",
    CONTRIBUTING: "contributing.md",
    PROTOCOL: "protocol.md",
    ROOT / "CHANGELOG.md": "changelog.md",
    ROOT / "SECURITY.md": "security.md",
    **{page: page.name for page in sorted(DOCS.glob("*.md"))},
}
"""Each page, and its name in the site."""

_PICTURES = {".png", ".svg"}
_DIAGRAMS = Path("@mermaid-js", "tiny", "dist", "mermaid.tiny.js")

# Code first, so that nothing in it is taken for a link; but the words of a link may be code.
_LINK = re.compile(
    r"^```.*?^```$|`[^`\n]+`|\[(?P<words>[^\]]*)\]\((?P<target>[^)\s]+)\)|\ssrc=\"(?P<source>[^\"]+)\"",
    re.DOTALL | re.MULTILINE,
)
_LIST_AFTER_TEXT = re.compile(r"^```.*?^```$|^(?![-*|#>\s]|1\. )[^\n]+\n(?=[-*] |1\. |\|)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Link:
    """A link to a file of the project, and perhaps to a heading there."""

    page: Path
    file: Path
    heading: str

    @property
    def is_dead(self) -> bool:
        return not self.file.exists() or (bool(self.heading) and self.heading not in headings(self.file))

    def __str__(self) -> str:
        target = os.path.relpath(self.file, self.page.parent)
        return f"{self.page.relative_to(ROOT)}: {target}{self.heading and '#'}{self.heading}"


def section(page: Path, heading: str) -> str:
    """What stands under a heading of a page."""
    return page.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]


def links(page: Path) -> Iterator[Link]:
    """Those of a page to files of the project, in the order in which they stand."""
    found = (_link(page, match) for match in _LINK.finditer(page.read_text()))
    return (link for link in found if link)


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }


def lay_out(site: Path = SITE) -> None:
    """Makes the folder anew: every page, the pictures on them, and the script that draws the diagrams."""
    shutil.rmtree(site, ignore_errors=True)
    for folder in ("pictures", "scripts"):
        (site / "pages" / folder).mkdir(parents=True)
    for page, name in PAGES.items():
        (site / "pages" / name).write_text(laid_out(page))
        for picture in {link.file for link in links(page) if link.file.suffix in _PICTURES}:
            shutil.copy(picture, site / "pages" / "pictures")
    shutil.copy(node_modules() / _DIAGRAMS, site / "pages" / "scripts")


def laid_out(page: Path) -> str:
    """The page as the site has it."""

    def led(match: re.Match[str]) -> str:
        link = _link(page, match)
        if link is None or not link.file.exists():
            return match[0]  # the generator names what leads nowhere
        name = f"pictures/{link.file.name}" if link.file.suffix in _PICTURES else PAGES.get(link.file)
        if name is None:
            return str(match["words"])
        target = f"{name}#{link.heading}" if link.heading else name
        return match[0].replace(match["target"] or match["source"], target)

    return _LIST_AFTER_TEXT.sub(_apart, _LINK.sub(led, page.read_text()))


def _link(page: Path, match: re.Match[str]) -> Link | None:
    target = match["target"] or match["source"]
    if not target or "://" in target:
        return None
    path, _, heading = target.partition("#")
    return Link(page, (page.parent / path).resolve() if path else page, heading)


def _apart(match: re.Match[str]) -> str:
    """GitHub lets a list or a table follow a line of text; Python-Markdown wants a blank line between them."""
    return match[0] if match[0].startswith("```") else f"{match[0]}\n"


if __name__ == "__main__":
    lay_out()
