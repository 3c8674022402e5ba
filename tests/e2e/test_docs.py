"""What the docs show works as it stands there."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from collab import Settings
from tests.conftest import Gig
from tests.docs.pages import CONTRIBUTING, DOCS, README, ROOT, section
from tests.support.serving import SECRET, Running, listening


def python_under(page: Path, heading: str) -> dict[str, Any]:
    """What the first Python block under a heading defines."""
    found = re.search(r"```python\n(.*?)```", section(page, heading), re.DOTALL)
    assert found, heading
    defined: dict[str, Any] = {}
    exec(found[1], defined)  # noqa: S102  # the docs' own code is what is tested
    return defined


@pytest.mark.asyncio
async def test_ten_lines_of_use(server: Running, gig: Gig, capsys: pytest.CaptureFixture[str]) -> None:
    defined = python_under(README, "Ten lines of use")
    await defined["main"](server.url, server.token("ben"), gig.setlist_id)
    assert "'version': 1" in capsys.readouterr().out


@pytest.mark.parametrize("example", ["venue", "posters", "platform"])
def test_the_host_applications_are_those_that_are_tested(example: str) -> None:
    code = (ROOT / "tests" / "examples" / f"{example}.py").read_text()
    assert f"```python\n{code}```" in section(DOCS / "embed.md", "In your own application")


@pytest.mark.asyncio
@pytest.mark.usefixtures("own_kinds")
async def test_in_your_own_application(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAB_JWT_SECRET", SECRET)
    monkeypatch.setenv("COLLAB_DATABASE_URL", database_url)
    defined = python_under(DOCS / "embed.md", "In your own application")
    async with listening(defined["application"]()) as url, httpx.AsyncClient() as anybody:
        assert (await anybody.get(f"{url}/readyz")).json()["status"] == "ok"


def test_the_recipe_for_a_field_fits_the_code() -> None:
    recipe = re.search(r"```diff\n(.*?)```", section(CONTRIBUTING, "A field of a kind"), re.DOTALL)
    assert recipe
    old: dict[str, list[str]] = {}
    for line in recipe[1].splitlines():
        if line.startswith("---"):
            lines = old.setdefault(line.split()[1].removesuffix(":"), [])
        elif not line.startswith("+"):
            lines += line[1:].split("…")
    assert [*old] == ["collab/domain/kinds.py"]
    for file, parts in old.items():
        code = (ROOT / file).read_text()
        assert [part for part in parts if part.strip() not in code] == [], file


def test_the_commands_are_what_ci_runs() -> None:
    readme = README.read_text()
    assert "test-command" in (ROOT / ".ci" / "run").read_text()
    assert readme.count("<!-- test-command -->") == readme.count("<!-- demo-command -->") == 1


def test_every_setting_is_told_with_its_default() -> None:
    rows = [line for line in (DOCS / "settings.md").read_text().splitlines() if line.startswith("| `COLLAB_")]
    told = {name for row in rows for name in re.findall(r"`COLLAB_([A-Z_]+)`", row.split("|")[1])}
    assert told == {name.upper() for name in Settings.model_fields}
    for row in rows:
        names, default = row.split("|")[1:3]
        if re.fullmatch(r"[\d.,` a-z]+", default.strip()) and default.strip():
            for name, value in zip(re.findall(r"COLLAB_([A-Z_]+)", names), default.split(","), strict=True):
                assert value.strip(" `") == _as_told(Settings.model_fields[name.lower()].default), name


def _as_told(default: object) -> str:
    if isinstance(default, tuple):
        return ",".join(default)
    return str(default).lower().removesuffix(".0")
