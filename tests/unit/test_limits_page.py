"""The page of every bound: it says of each what the code says, and none is missing; nor do the other tables differ."""

import ast
import dataclasses
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from collab.settings import Settings

ROOT = Path(__file__).parents[2]
LIMITS = (ROOT / "collab/docs/limits.md").read_text()
PROTOCOL = (ROOT / "collab/protocol/PROTOCOL.md").read_text()
SETTINGS = (ROOT / "collab/docs/settings.md").read_text()

ROW = re.compile(r"^\| [^|]+ \| ([\d,.]+) \| `([\w.]+)` \|$", re.MULTILINE)
BOUND = re.compile(r"_?(MAX|MOST|KEPT)_\w+|\w*_MAX|\w+_BYTES")
NO_BOUNDS = {
    "collab.services.door.secrets._SECRET_BYTES": "what the secret of a link has",
    "collab.settings.MIN_SECRET_BYTES": "what a secret has at least",
    "collab.services.editing.service.LEAST_EDIT_BYTES": "what an edit takes at least",
    "collab.storage.inspection._PAGE_BYTES": "what `collab doctor` writes to try the disk",
}
UNITS = {"": 1, "kB": 1_000, "MB": 1_000_000}


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _rows() -> dict[str, float]:
    return {name: _number(bound) for bound, name in ROW.findall(LIMITS)}


def _settings() -> dict[str, float]:
    """The settings that are numbers, and their defaults."""
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    return {
        f"COLLAB_{name.upper()}": default
        for name, default in defaults.items()
        if isinstance(default, int | float) and not isinstance(default, bool)
    }


def _constant(path: str) -> Any:
    """The value of a constant of a module, a class or a record."""
    module, name = path.rsplit(".", 1)
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError:
        module, owner = module.rsplit(".", 1)
        of: Any = getattr(import_module(module), owner)
        return next((field.default for field in _fields(of) if field.name == name), None) or getattr(of, name)


def _fields(of: Any) -> tuple[Any, ...]:
    return dataclasses.fields(of) if dataclasses.is_dataclass(of) else ()


def _constants() -> Iterator[str]:
    """The numbers of the code that are bounds by their names."""
    for file in sorted((ROOT / "collab").rglob("*.py")):
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        if "web" in file.parts:
            continue
        for statement in ast.parse(file.read_text()).body:
            if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Constant):
                target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
                if isinstance(target, ast.Name) and BOUND.fullmatch(target.id):
                    yield f"{module}.{target.id}"


def test_every_row_says_what_the_code_says() -> None:
    rows = _rows()
    assert len(rows) == len([line for line in LIMITS.splitlines() if line.endswith("` |")])
    known = _settings()
    wrong = {
        name: (bound, value)
        for name, bound in rows.items()
        if (value := known.get(name) if name.startswith("COLLAB_") else _constant(name)) != bound
    }
    assert wrong == {}


def test_no_bound_is_missing() -> None:
    listed = _rows().keys() | NO_BOUNDS.keys()
    assert {*_settings(), *_constants()} - listed == set()


@pytest.mark.parametrize("name", sorted(_settings()))
def test_the_settings_page_has_each_with_its_default(name: str) -> None:
    (names, defaults) = next(
        (re.findall(r"COLLAB_\w+", row[0]), row[1].split(", "))
        for row in re.findall(r"^\| ([^|]+) \| ([^|]*) \|", SETTINGS, re.MULTILINE)
        if f"`{name}`" in row[0]
    )
    assert _number(defaults[names.index(name)]) == _settings()[name]


def test_the_protocol_names_no_other_numbers() -> None:
    table = PROTOCOL.partition("\n## Limits\n")[2].partition("\n\n")[0]
    bounds = [cells[1] for row in table.splitlines()[2:] if len(cells := row.strip("| ").split(" | ")) == 3]
    assert len(bounds) > 20
    known = set(_rows().values())
    told = [
        (bound, number)
        for bound in bounds
        for number, unit in re.findall(r"(\d[\d,.]*\d|\d)(?: (kB|MB))?", bound)
        if _number(number) * UNITS[unit] not in known
    ]
    assert told == []
