"""No dependency may be older than the release that fixed what is known of it.

The advisories that a maintainer finds (collab/docs/operate.md, Security) are put down here: no later lock goes back.
"""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]

FIXED_IN = {
    "python-socketio": "5.16.2",  # CVE-2025-61765, CVE-2026-48804
    "python-engineio": "4.13.2",  # CVE-2026-48802, CVE-2026-48809
    "pyjwt": "2.13",  # CVE-2026-32597, CVE-2026-48522 to 48526
    "starlette": "1.3.1",  # CVE-2026-48710, CVE-2026-54283
}


def _toml(file: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / file).read_text())


@pytest.mark.parametrize(("name", "fixed_in"), FIXED_IN.items())
def test_the_lock_has_a_release_that_fixed_it(name: str, fixed_in: str) -> None:
    (locked,) = [package["version"] for package in _toml("uv.lock")["package"] if package["name"] == name]
    assert Version(locked) >= Version(fixed_in)


@pytest.mark.parametrize(("name", "fixed_in"), FIXED_IN.items())
def test_no_release_before_it_may_be_installed(name: str, fixed_in: str) -> None:
    wanted = map(Requirement, _toml("pyproject.toml")["project"]["dependencies"])
    (bounds,) = [requirement.specifier for requirement in wanted if requirement.name == name]
    lowest = [Version(bound.version) for bound in bounds if bound.operator in (">=", "==")]
    assert max(lowest) >= Version(fixed_in)
