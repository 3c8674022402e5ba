"""Logging: structlog, one line an event. No payload and no token is ever logged."""

import logging

import structlog


def configure_logging(level: str) -> None:
    """Sets up logging for a process that is collab's own; a host application keeps its own."""
    # Libraries log through the standard module, and say a lot that only a developer wants to know.
    logging.basicConfig(format="%(message)s", level="INFO" if level == "DEBUG" else "WARNING")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            # The renderer's own tracebacks show the local variables, and among them tokens.
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
    )
