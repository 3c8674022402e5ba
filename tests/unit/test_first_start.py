"""The first start: whose tokens, with which secret; and what a terminal shows of a link."""

from pathlib import Path

import pytest
import segno
from pydantic import SecretStr

from collab.commands.first_start import qr_lines, reachable, settled
from collab.settings import Settings
from tests.support.serving import SECRET, sqlite_url


def settings(database_url: str, **others: object) -> Settings:
    values = {"jwt_secret": None, "jwks_url": None, "jwt_public_key": None, **others}
    return Settings(_env_file=None, database_url=database_url, **values)  # type: ignore[arg-type]  # as in settings_for


def test_a_secret_is_made_beside_the_database_and_is_its_owners_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = settings(sqlite_url(tmp_path / "band.db"))
    made = settled(asked, may_make=True)
    file = tmp_path / "band.db.secret"
    assert made.sign_in == "invitations"
    assert made.jwt_secret == SecretStr(file.read_text())
    assert file.stat().st_mode & 0o777 == 0o600
    assert str(file) in capsys.readouterr().out
    assert settled(asked).jwt_secret == made.jwt_secret
    assert settled(asked, may_make=True).jwt_secret == made.jwt_secret
    assert capsys.readouterr().out == ""


def test_a_secret_that_is_set_wins_and_nothing_is_made(tmp_path: Path) -> None:
    asked = settings(sqlite_url(tmp_path / "band.db"), jwt_secret=SecretStr(SECRET))
    assert settled(asked, may_make=True).jwt_secret == SecretStr(SECRET)
    assert list(tmp_path.iterdir()) == []


def test_where_others_sign_the_tokens_there_is_no_door(tmp_path: Path) -> None:
    asked = settings(sqlite_url(tmp_path / "band.db"), jwks_url="https://keys.example")
    assert (settled(asked, may_make=True).sign_in, list(tmp_path.iterdir())) == ("off", [])


def test_the_code_of_a_link_is_that_of_the_library_two_rows_to_a_line() -> None:
    text = "http://192.0.2.7:8000/#join=abc"
    lines = qr_lines(text)
    rows = list(segno.make(text, error="l", micro=False).matrix_iter(border=2))
    assert len(lines) == (len(rows) + 1) // 2
    dark = {"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}
    shown = [[dark[block][half] for block in line] for line in lines for half in (0, 1)]
    assert shown[: len(rows)] == [list(row) for row in rows]


def test_a_link_leads_to_where_a_phone_can_reach_it() -> None:
    assert reachable("http://127.0.0.1:8000") == "http://127.0.0.1:8000"
    assert not reachable("http://0.0.0.0:8000").startswith("http://0.0.0.0")
    assert reachable("http://0.0.0.0:8000").endswith(":8000")
