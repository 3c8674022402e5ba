"""Clashes: two routes of one path, of which only the first is ever called. They are refused at the start."""

from collections.abc import Iterable, Iterator, Sequence

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match, compile_path

_NOBODYS = "nobodys-path"


def paths_of(routers: Iterable[APIRouter], prefix: str) -> Iterator[tuple[str, str]]:
    """The method and the path of each route of these routers, under a prefix."""
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                yield from ((method, prefix + route.path) for method in sorted(route.methods or ()))


def refuse_clashes(paths: Iterable[tuple[str, str]], before: Sequence[BaseRoute], after: Sequence[BaseRoute]) -> None:
    """`ValueError` where a route `before` those of these paths takes one of them, or one `after` them is dead. One that
    takes all sorts of paths may come after: it gets those that are left."""
    clashes = [f"{method} {path}" for method, path in paths if _is_taken(method, path, before, after)]
    if clashes:
        raise ValueError(
            f"expected paths that nobody else has, got two routes of {', '.join(clashes)}: rename yours, or give the "
            "engine's another prefix (COLLAB_REST_PREFIX; COLLAB_ADMIN_PAGES=false for /admin); what takes every path, "
            "such as files at /, is mounted after the engine was attached"
        )


def _is_taken(method: str, path: str, before: Sequence[BaseRoute], after: Sequence[BaseRoute]) -> bool:
    filled = _filled(path)
    return any(_takes(route, method, filled) for route in before) or any(
        _takes(route, method, filled) and not _takes(route, method, _another(filled)) for route in after
    )


def _takes(route: BaseRoute, method: str, path: str) -> bool:
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": [], "query_string": b""}
    return route.matches(scope)[0] == Match.FULL


def _filled(path: str) -> str:
    """A path that a route takes: each of its parameters says something."""
    _, path_format, parameters = compile_path(path)
    return path_format.format(**dict.fromkeys(parameters, "a"))


def _another(path: str) -> str:
    """A path of the same shape that no route names."""
    folder, _, last = path.rpartition("/")
    return f"{folder}/{_NOBODYS}" if last != "a" else f"{_another(folder)}/{last}"
