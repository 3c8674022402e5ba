"""What commands print: names and words that members wrote are shown, and tell the terminal nothing.

All that goes to a terminal goes through `say`. A control sequence in a title could hide lines, rename the window or, in
some terminals, type; escaped, it is seen for what it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import typer

from collab.domain.strings import escaped


@dataclass(frozen=True, slots=True)
class Styled:
    """A part of a line that stands out; `color` is red, green and blue."""

    text: str
    color: tuple[int, int, int] | None = None
    is_bold: bool = False
    is_dim: bool = False


def say(*parts: str | Styled, is_error: bool = False) -> None:
    """Prints a line of parts with spaces between; to standard error where it says that something is wrong."""
    typer.echo(" ".join(map(_shown, parts)), err=is_error)


def _shown(part: str | Styled) -> str:
    if isinstance(part, str):
        return escaped(part)
    return typer.style(escaped(part.text), fg=part.color, bold=part.is_bold or None, dim=part.is_dim or None)


@contextmanager
def explained() -> Iterator[None]:
    """What is wrong goes to standard error in a sentence: exit code 2 for a setting or an option, else 1."""
    from pydantic import ValidationError

    from collab.domain.errors import CollabError

    try:
        yield
    except ValidationError as error:
        from collab.settings import problems_of

        for name, problem in problems_of(error):
            say(f"collab: {name}: {problem}" if name else f"collab: {problem}", is_error=True)
        raise typer.Exit(2) from None
    except ValueError as error:
        say(f"collab: {error}", is_error=True)
        raise typer.Exit(2) from None
    except CollabError as error:
        say(f"collab: {error.message}", is_error=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
