"""collab/domain/ot/text.py against `ot-text-unicode` itself, call by call, in one Node process."""

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from collab.domain.ot import text
from collab.domain.ot.text import Delete, Delta
from tests.javascript import run_node

CASES = 10_000
JUNK = 4_000

# Characters of one and of two UTF-16 units, and some that only together are what a reader takes for one.
ALPHABET = "aab \né日\N{COMBINING ACUTE ACCENT}\N{ZERO WIDTH JOINER}👩👧👍🏽🇫🇷𝄞\u2028\ue000\uffff\U0010ffff"


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the library and what our function gave for it, both as JSON."""

    method: str
    arguments: Sequence[Any]
    ours: Any


def test_every_result_is_that_of_ot_text_unicode() -> None:
    source = random.Random(1971)  # noqa: S311 - the same cases in every run, and no secret
    calls = [call for _ in range(CASES) for call in _calls(source)]

    answers = _ask(calls)

    wrong = [
        f"{call.method}{json.dumps(call.arguments, ensure_ascii=False)}: {answer}, ours {call.ours!r}"
        for call, answer in zip(calls, answers, strict=True)
        if answer != {"result": call.ours}
    ]
    assert not wrong, f"{len(wrong)} of {len(calls)} differ:\n" + "\n".join(sorted(wrong, key=len)[:5])
    assert Counter(call.method for call in calls) == {
        "apply": CASES,
        "checkOp": 4 * CASES,
        "compose": CASES,
        "inverse": CASES,
        "transform": 2 * CASES,
        "transformPosition": CASES,
    }


def test_nothing_is_parsed_that_ot_text_unicode_refuses() -> None:
    source = random.Random(1972)  # noqa: S311 - as above
    junk = [[_junk_component(source) for _ in range(source.randint(0, 4))] for _ in range(JUNK)]

    answers = _ask([Call("checkOp", [raw], None) for raw in junk])

    verdicts = Counter((_is_parsed(raw), "error" not in answer) for raw, answer in zip(junk, answers, strict=True))
    assert verdicts[True, False] == 0
    assert min(verdicts[True, True], verdicts[False, True], verdicts[False, False]) > 100, verdicts


def _calls(source: random.Random) -> list[Call]:
    """The calls for a random text, two deltas of it, and one that follows the first of these."""
    # Mostly short: that is where edits meet. Some are long, for what has to be cut and counted.
    before = _text(source, source.choice([0, 1, 3, 8, 8, 20, 200]))
    first, other = _delta(source, before), _delta(source, before)
    after = text.apply(before, first)
    second = _delta(source, after)
    position = source.randint(0, len(before))
    results = (
        text.compose(first, second),
        text.invert(first, before),
        text.transform(first, other, "left"),
        text.transform(first, other, "right"),
    )
    composed, inverse, left, right = [text.to_json(delta) for delta in results]
    a, b, c = (text.to_json(delta) for delta in (first, other, second))
    return [
        Call("apply", [before, a], after),
        Call("compose", [a, c], composed),
        Call("inverse", [a, before], inverse),
        Call("transform", [a, b, "left"], left),
        Call("transform", [a, b, "right"], right),
        Call("transformPosition", [position, a], text.transform_position(position, first)),
        *(Call("checkOp", [result], None) for result in (composed, inverse, left, right)),
    ]


def _text(source: random.Random, length: int) -> str:
    return "".join(source.choices(ALPHABET, k=length))


def _delta(source: random.Random, before: str) -> Delta:
    """A well-formed delta of a text, whose kinds follow each other in any order."""
    delta: list[text.Component] = []
    left = len(before)
    while source.random() < 0.8:
        last = type(delta[-1]) if delta else None
        kinds = [kind for kind in ((str, int, Delete) if left else (str,)) if kind is not last]
        if not kinds:
            break
        kind = source.choice(kinds)
        if kind is str:
            delta.append(_text(source, source.choice([1, 1, 2, 5])))
            continue
        n = source.randint(1, min(left, source.choice([1, 3, 50])))
        left -= n
        delta.append(n if kind is int else Delete(n))
    if delta and isinstance(delta[-1], int):
        delta.pop()
    return tuple(delta)


def _junk_component(source: random.Random) -> Any:
    makers: Sequence[Callable[[], Any]] = [
        lambda: source.choice([1, 2, 5, 5, 0, -1, 1.5, 2.0]),
        lambda: source.choice(["a", "👍", "é", ""]),
        lambda: {"d": source.choice([1, 3, 3, 0, -2, 0.5, "gone", "", None, True, [1]])},
        lambda: source.choice([None, True, False, [], [1], {}, {"i": "a"}, {"d": 1, "p": 2}]),
    ]
    return source.choices(makers, weights=[4, 4, 4, 1])[0]()


def _is_parsed(raw: list[Any]) -> bool:
    try:
        text.parse(raw)
    except text.MalformedDelta:
        return False
    return True


def _ask(calls: Sequence[Call]) -> list[dict[str, Any]]:
    """The library's answers: `{"result": …}` or `{"error": message}` for each call."""
    asked = "\n".join(json.dumps([call.method, *call.arguments]) for call in calls)
    # Not splitlines(), which also splits at U+2028 within a result.
    return [json.loads(line) for line in run_node("text_oracle.mjs", stdin=asked).rstrip("\n").split("\n")]
