"""How far a long command is, on a terminal and elsewhere."""

import io

from rich.console import Console

from collab.commands.progress import LINE_EVERY_S, bar, lines


def test_without_a_terminal_a_line_comes_now_and_then() -> None:
    said: list[str] = []
    now_s = 0.0
    on_progress = lines("Backing up", said.append, lambda: now_s)
    for second in range(1, 12):
        now_s = float(second)
        on_progress(second * 10, 200)

    assert LINE_EVERY_S == 5.0
    assert said == ["Backing up: 25 %", "Backing up: 50 %"]


def test_what_is_done_at_once_says_nothing() -> None:
    said: list[str] = []
    on_progress = lines("Migrating", said.append, lambda: 0.0)
    on_progress(1, 2)
    on_progress(2, 2)
    assert said == []


def test_where_nobody_knows_how_much_there_is_the_count_is_told() -> None:
    said: list[str] = []
    times = iter([0.0, 6.0, 6.0])
    lines("Restoring", said.append, lambda: next(times))(700, 0)
    assert said == ["Restoring: 700"]


def test_on_a_terminal_there_is_a_bar_and_nothing_is_left_of_it() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80)
    with bar("Compacting", console) as on_progress:
        on_progress(3, 4)
    text = out.getvalue()
    assert "Compacting" in text
    assert "75%" in text
    assert text.endswith("\x1b[2K")  # the line is erased
