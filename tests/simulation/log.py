"""What the nodes and the SDK log at level error: each of it is a fault of ours."""

import logging
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

from tests.simulation.database import SIMULATED


@contextmanager
def kept() -> Iterator[list[str]]:
    """The lines that are logged meanwhile."""
    lines: list[str] = []

    def keep(_logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        told = f"{method}: {dict(line)}"
        if SIMULATED not in told:
            lines.append(told)
        raise structlog.DropEvent

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    structlog.configure(
        processors=[structlog.processors.format_exc_info, keep],
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        cache_logger_on_first_use=False,
    )
    root, keeper = logging.getLogger(), Keeper(logging.ERROR)
    root.addHandler(keeper)
    try:
        yield lines
    finally:
        root.removeHandler(keeper)
        structlog.reset_defaults()
