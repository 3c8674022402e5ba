"""What this is, of which release. pyproject.toml says both; the import is `collab`, the distribution another name."""

from importlib.metadata import version

DISTRIBUTION = "collab-bands"


def release() -> str:
    """The release that is installed."""
    return version(DISTRIBUTION)
