"""The Python SDK alone: the same files in a distribution of their own, which needs nothing of the server."""

import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from collab.about import DISTRIBUTION

ROOT = Path(__file__).parents[2]

_BLOCKED = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[1:]:
            raise ModuleNotFoundError(f"the client needs {name}", name=name)

sys.meta_path.insert(0, Blocked())
import collab.client
collab.client.CollabClient
"""


def _project(file: str) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / file).read_text())["project"]
    return project


MAIN, CLIENT = _project("pyproject.toml"), _project("packaging/client/pyproject.toml")


def _names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def test_it_is_imported_where_nothing_of_the_server_can_be() -> None:
    of_the_server = _names(MAIN["dependencies"]) - _names(CLIENT["dependencies"])
    found = packages_distributions().items()
    blocked = {module for module, owners in found if {canonicalize_name(owner) for owner in owners} & of_the_server}
    assert {"fastapi", "sqlalchemy", "psycopg", "uvicorn", "starlette", "alembic"} <= blocked
    done = subprocess.run([sys.executable, "-c", _BLOCKED, *blocked], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_its_requirements_are_those_of_the_server_s_distribution() -> None:
    assert set(CLIENT["dependencies"]) <= {*MAIN["dependencies"], *MAIN["optional-dependencies"]["client"]}


def test_one_name_is_that_of_the_distribution_and_begins_the_client_s() -> None:
    assert MAIN["name"] == DISTRIBUTION
    assert CLIENT["name"] == f"{DISTRIBUTION}-client"
