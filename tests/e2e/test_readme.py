"""What the README shows works as it stands there."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from collab import Settings
from tests.conftest import Gig
from tests.support.serving import SECRET, Running, listening

README = (Path(__file__).parents[2] / "README.md").read_text()


def python_under(heading: str) -> dict[str, Any]:
    """What the first Python block under a heading defines."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found, heading
    defined: dict[str, Any] = {}
    exec(found[1], defined)  # noqa: S102  # the README's own code is what is tested
    return defined


@pytest.mark.asyncio
async def test_ten_lines_of_use(server: Running, gig: Gig, capsys: pytest.CaptureFixture[str]) -> None:
    defined = python_under("Ten lines of use")
    await defined["main"](server.url, server.token("ben"), gig.setlist_id)
    assert "'version': 1" in capsys.readouterr().out


@pytest.mark.parametrize("example", ["venue", "posters"])
def test_the_host_applications_are_those_that_are_tested(example: str) -> None:
    code = (Path(__file__).parents[1] / "examples" / f"{example}.py").read_text()
    assert f"```python\n{code}```" in README


@pytest.mark.asyncio
@pytest.mark.usefixtures("own_kinds")
async def test_in_your_own_application(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAB_JWT_SECRET", SECRET)
    monkeypatch.setenv("COLLAB_DATABASE_URL", database_url)
    defined = python_under("In your own application")
    async with listening(defined["application"]()) as url, httpx.AsyncClient() as anybody:
        assert (await anybody.get(f"{url}/readyz")).json()["status"] == "ok"


def test_no_link_is_dead() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README) + re.findall(r'src="([^"]+)"', README)
    assert links
    assert [link for link in links if "://" not in link and not (Path(__file__).parents[2] / link).exists()] == []


def test_every_link_into_the_page_finds_its_heading() -> None:
    headings = re.findall(r"^##+ (.*)$", README, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    links = re.findall(r"\]\(#([^)]+)\)", README)
    assert links
    assert set(links) <= anchors


def test_the_recipe_for_a_field_fits_the_code() -> None:
    recipe = re.search(r"```diff\n(.*?)```", README, re.DOTALL)
    assert recipe
    old: dict[str, list[str]] = {}
    for line in recipe[1].splitlines():
        if line.startswith("---"):
            lines = old.setdefault(line.split()[1].removesuffix(":"), [])
        elif not line.startswith("+"):
            lines += line[1:].split("…")
    assert [*old] == ["collab/domain/kinds.py"]
    for file, parts in old.items():
        code = (Path(__file__).parents[2] / file).read_text()
        assert [part for part in parts if part.strip() not in code] == [], file


def test_the_commands_are_what_ci_runs() -> None:
    script = (Path(__file__).parents[2] / ".ci" / "run").read_text()
    assert "test-command" in script
    assert README.count("<!-- test-command -->") == README.count("<!-- demo-command -->") == 1


def test_every_setting_is_told_with_its_default() -> None:
    rows = [line for line in README.splitlines() if line.startswith("| `COLLAB_")]
    told = {name for row in rows for name in re.findall(r"`COLLAB_([A-Z_]+)`", row.split("|")[1])}
    assert told == {name.upper() for name in Settings.model_fields}
    for row in rows:
        names, default = row.split("|")[1:3]
        if re.fullmatch(r"[\d.,` a-z]+", default.strip()) and default.strip():
            for name, value in zip(re.findall(r"COLLAB_([A-Z_]+)", names), default.split(","), strict=True):
                expected = str(Settings.model_fields[name.lower()].default).lower().removesuffix(".0")
                assert value.strip(" `") == expected, name
