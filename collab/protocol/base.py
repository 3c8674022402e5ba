"""What all wire models share, and how a payload becomes one of them or an `invalid`."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from collab.domain.errors import Invalid, Problem, TooLarge, shown
from collab.domain.strings import MAX_ID_LENGTH, MAX_NAME_LENGTH, id_problem, line_problem, text_problem

EditId = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"),
]
"""A UUID in its usual form, in capitals or small letters; version 7 preferred."""

Id = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,64}$")]
"""An id that a client gives an item: printable ASCII without spaces."""

_OURS = "string"
"""The type of pydantic's errors whose message is ours, and says what came too."""


def _as_line(text: str) -> str:
    return _unless(line_problem(text), text)


def _as_id(text: str) -> str:
    return _unless(id_problem(text), text)


def _as_text(text: str) -> str:
    return _unless(text_problem(text), text)


def _unless(problem: str | None, text: str) -> str:
    if problem is not None:
        raise PydanticCustomError(_OURS, "{problem}", {"problem": problem})
    return text


Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_NAME_LENGTH, strip_whitespace=True),
    AfterValidator(_as_line),
]
"""What somebody or something is called: a line that says something, without white space around it."""

Word = Annotated[str, StringConstraints(max_length=MAX_ID_LENGTH), AfterValidator(_as_line)]
"""The name of something within a content, such as a field."""

KnownId = Annotated[str, AfterValidator(_as_id)]
"""The id of something that there may be, in a path or a query."""

OldId = Annotated[str, AfterValidator(_as_text)]
"""The id of something to be taken away: also one that could not be given any more."""

OP_NAMES = ("set", "insert", "move", "remove", "text")

MAX_FINDINGS = 1_000
"""Each key that an object may not have is a finding of pydantic's, which takes longer to tell than to find: with more
than so many, an event is told their number alone."""

MAX_KEYS = 20
"""Of an object in a body. None of ours has half of that."""

ModelT = TypeVar("ModelT")


class Wire(BaseModel):
    """Strict: no coercion, no unknown keys."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    in_short: ClassVar[str | None] = None
    """The type of JSON that may stand for the whole payload, where one may."""


class Body(Wire):
    """What comes by REST, where FastAPI tells all that pydantic finds, however much that is: a million keys would be a
    million findings. Events are checked where they are told, since this takes time of each object."""

    @model_validator(mode="before")
    @classmethod
    def _few_keys(cls, given: Any) -> Any:
        if isinstance(given, dict) and len(given) > MAX_KEYS:
            problem = f"expected at most {MAX_KEYS} keys in this object, got {len(given)}"
            raise PydanticCustomError(_OURS, "{problem}", {"problem": problem})
        return given


def validate(adapter: TypeAdapter[ModelT], payload: Any) -> ModelT:
    """The model of a payload; `Invalid`, with the path of each problem, where it does not fit; `TooLarge` where a list
    in it has more entries than it may have."""
    try:
        return adapter.validate_python(payload)
    except ValidationError as error:
        if error.error_count() > MAX_FINDINGS:
            raise Invalid.at(
                "payload", f"expected a payload of this event, got one with {error.error_count()} problems"
            ) from None
        refuse_long_list(error.errors(include_url=False, include_context=False, include_input=False))
        raise Invalid(problems_of(error)) from None


def refuse_long_list(found: Sequence[Any]) -> None:
    """Raises `TooLarge` where one of pydantic's findings is a list that is too long."""
    for entry in found:
        if entry["type"] == "too_long":
            raise TooLarge(f"{_path(entry['loc'])}: {_lower_first(entry['msg'])}; send it in parts")


def problems_of(error: ValidationError) -> list[Problem]:
    """Pydantic's findings as ours: a dotted path, what was expected and what came."""
    return [
        Problem(_path(found["loc"]), _told(found)) for found in error.errors(include_url=False, include_context=False)
    ]


def _told(found: Any) -> str:
    if found["type"] == _OURS:
        return str(found["msg"])
    return f"{_lower_first(found['msg'])}, got {shown(found['input'])}"


def _path(loc: Sequence[int | str]) -> str:
    # After an index, pydantic names the member of the union that it tried; clients know no such step.
    steps = [
        step for index, step in enumerate(loc) if not (step in OP_NAMES and index and isinstance(loc[index - 1], int))
    ]
    return ".".join(map(str, steps)) or "payload"


def _lower_first(message: str) -> str:
    return message[:1].lower() + message[1:]
