"""Every regex of the package, read out of its source: none goes back and forth over what a stranger sends.

Those of fields are RE2's, and pydantic's are of Rust's `regex`: both are linear by their making. The standard module's
are tried here, with what each of them repeats, repeated.
"""

import ast
import importlib
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import collab

PACKAGE = Path(collab.__file__).parent

FUNCTIONS = ("compile", "match", "search", "fullmatch", "sub", "split", "findall", "finditer")

SIZE = 2_000
MOST, LEAST_S, TRIES = 9, 0.005, 3
"""Four times the text may take so many times as long: in proportion it is 4 times, else 16. Less is not measured."""

ENDS = ("\x00", "x y", "\n!\n")


def _regexes() -> Iterator[tuple[str, str, str, int]]:
    """Where it is, the function that it is given to, the regex, and its flags."""
    for file in sorted(PACKAGE.rglob("*.py")):
        if "node_modules" in file.parts:
            continue
        tree = ast.parse(file.read_text())
        composed = set(_composed(tree))
        for node in ast.walk(tree):
            if node in composed:
                continue
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_of_re(node.func):
                [regex] = [part.value for part in node.args[:1] if isinstance(part, ast.Constant)] or [None]
                where = f"{file.relative_to(PACKAGE)}:{node.lineno}"
                assert isinstance(regex, str), f"{where}: expected a regex that stands where it is used"
                flags = [
                    part
                    for part in [*node.args, *(one.value for one in node.keywords)]
                    if isinstance(part, ast.Attribute)
                ]
                yield where, node.func.attr, regex, sum(getattr(re, flag.attr, 0) for flag in flags)
        if composed:
            yield from _made_by(file)


def _composed(tree: ast.Module) -> Iterator[ast.AST]:
    """The calls that compile, where their module is imported, a regex that is put together of others."""
    for statement in tree.body:
        for node in ast.walk(statement) if isinstance(statement, ast.Assign) else ():
            is_compiled = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_of_re(node.func)
            if is_compiled and isinstance(node, ast.Call) and not isinstance(node.args[0], ast.Constant):
                yield node


def _made_by(file: Path) -> Iterator[tuple[str, str, str, int]]:
    """The regexes that are put together in a module, which holds them once it is imported."""
    module = importlib.import_module(".".join(["collab", *file.relative_to(PACKAGE).with_suffix("").parts]))
    written = {node.value for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Constant)}
    for name, pattern in vars(module).items():
        if isinstance(pattern, re.Pattern) and pattern.pattern not in written:
            yield f"{file.relative_to(PACKAGE)}:{name}", "compile", pattern.pattern, pattern.flags


def _is_of_re(function: ast.Attribute) -> bool:
    return isinstance(function.value, ast.Name) and function.value.id == "re" and function.attr in FUNCTIONS


REGEXES = list(_regexes())


def _uses(function: str, regex: str, flags: int) -> list[Callable[[str], Any]]:
    compiled = re.compile(regex, flags)
    if function == "compile":
        return [compiled.match, compiled.search, compiled.fullmatch]
    if function == "sub":
        return [lambda text: compiled.sub("", text)]
    return [getattr(compiled, function)]


def _texts(regex: str) -> Iterator[Callable[[int], str]]:
    """What makes a text of a size: a beginning that the regex may like, one mark again and again, an end."""
    marks = sorted({*re.sub(r"\\\\.", "", regex), *" \tAa0"})
    beginnings = ["", "A", "1", "1m", "{", "[", "sep=x", "ops.1", "content_", "'"]
    for beginning in beginnings:
        for mark in marks:
            for end in ENDS:
                yield partial(_text, beginning, mark, end)


def _text(beginning: str, mark: str, end: str, size: int) -> str:
    return beginning + mark * size + end


def _cost_s(use: Callable[[str], Any], text: str) -> float:
    began = time.process_time()
    use(text)
    return time.process_time() - began


def _is_in_proportion(use: Callable[[str], Any], of_size: Callable[[int], str]) -> bool:
    return any(
        _cost_s(use, of_size(4 * SIZE)) <= MOST * max(LEAST_S, _cost_s(use, of_size(SIZE))) for _ in range(TRIES)
    )


@pytest.mark.parametrize(("where", "function", "regex", "flags"), REGEXES, ids=[where for where, *_ in REGEXES])
def test_a_regex_takes_time_in_proportion(where: str, function: str, regex: str, flags: int) -> None:
    for use in _uses(function, regex, flags):
        for of_size in _texts(regex):
            assert _is_in_proportion(use, of_size), (where, of_size(3))


@pytest.mark.parametrize(
    ("function", "regex"),
    [("fullmatch", r"([A-Ga-g])\s*(#|b)?\s*(\S*)"), ("search", r"\s+$"), ("fullmatch", r"\d+(.*)")],
)
def test_a_regex_that_is_slow_is_noticed(function: str, regex: str) -> None:
    [use] = _uses(function, regex, 0)
    assert not all(_is_in_proportion(use, of_size) for of_size in _texts(regex))
