"""What `collab doctor` makes of what it sees."""

import secrets
from collections.abc import Mapping

import pytest

from collab.commands import checks as findings
from collab.commands.checks import Finding


@pytest.mark.parametrize(
    ("secret", "status"),
    [
        ("change-me-change-me-change-me-change-me!", "fail"),
        ("your-256-bit-secret your-256-bit-secret", "fail"),
        ("supersecretkey-for-development-0123456789", "fail"),
        ("a" * 64, "fail"),
        ("7f3a" * 16, "fail"),
        ("trumpet parade brass saxophone street", "fail"),
        ("trumpet parade brass saxophone street banjo river lantern", "warn"),
        ("9f86d081884c7d659a2feaa0c55ad015", "warn"),
        ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "ok"),
    ],
)
def test_a_secret_is_as_strong_as_it_is_hard_to_guess(secret: str, status: str) -> None:
    found = findings.secret_strength("token secret", secret)
    assert found.status == status
    assert bool(found.remedy) == (status != "ok")
    assert secret not in f"{found.message}{found.remedy}"


def test_what_we_tell_people_to_make_is_strong() -> None:
    assert {findings.secret_strength("s", secrets.token_urlsafe(48)).status for _ in range(200)} == {"ok"}


def test_one_secret_for_two_things_is_found() -> None:
    assert [found.status for found in findings.same_secrets("x" * 40, "x" * 40)] == ["fail"]
    assert not list(findings.same_secrets("x" * 40, "y" * 40))
    assert not list(findings.same_secrets(None, None))


@pytest.mark.parametrize(
    ("options", "are_good"),
    [
        ({"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}, True),
        ({"journal_mode": "delete", "synchronous": "1", "foreign_keys": "0"}, False),
        ({"synchronous_commit": "on", "fsync": "on", "full_page_writes": "on"}, True),
        ({"synchronous_commit": "off", "fsync": "off", "full_page_writes": "off"}, False),
    ],
)
def test_a_database_that_may_forget_is_not_served(options: Mapping[str, str], are_good: bool) -> None:
    found = list(findings.durability(options))
    assert [finding.check for finding in found] == list(options)
    assert {finding.status for finding in found} == {"ok" if are_good else "fail"}
    assert all(bool(finding.remedy) != are_good for finding in found)


@pytest.mark.parametrize(
    ("ahead_s", "wall_s", "status"),
    [(None, 0.05, "ok"), (0.1, 0.05, "ok"), (-2.0, 0.05, "warn"), (9.0, 0.05, "fail"), (None, 3.0, "fail")],
)
def test_clocks_that_differ_are_told(ahead_s: float | None, wall_s: float, status: str) -> None:
    [found] = findings.clock(ahead_s, wall_s, 0.05)
    assert found.status == status


@pytest.mark.parametrize(
    ("seconds", "status", "words"),
    [
        ([0.001] * 99 + [0.5], "ok", "p50 1.00 ms"),
        ([0.001] * 90 + [0.5] * 10, "warn", "p99 500.00 ms"),
        ([0.000_001] * 50, "warn", "no disk is that fast"),
    ],
)
def test_a_disk_is_judged_by_how_long_a_write_takes(seconds: list[float], status: str, words: str) -> None:
    found = findings.write_latency(seconds)
    assert (found.status, words in found.message) == (status, True)


@pytest.mark.parametrize(("limit", "status"), [(64, "fail"), (1_024, "warn"), (65_536, "ok")])
def test_sessions_need_open_files(limit: int, status: str) -> None:
    assert findings.open_files(limit).status == status


def test_a_schema_that_is_newer_is_served_and_told() -> None:
    assert findings.schema("0003", "0003", None) == Finding("schema", "ok", "at 0003")
    assert findings.schema("0004", "0003", None).status == "warn"
    behind = findings.schema("0002", "0003", "the schema is at 0002, behind 0003: run `collab migrate`")
    assert behind == Finding("schema", "fail", "the schema is at 0002, behind 0003", "run `collab migrate`")


def test_a_file_of_settings_is_for_its_owner_alone() -> None:
    assert [found.remedy for found in findings.env_file(0o644)] == ["chmod 600 .env"]
    assert not list(findings.env_file(0o600))
    assert not list(findings.env_file(None))


def test_origins_and_times_that_break_a_promise_are_told() -> None:
    assert [found.status for found in findings.origins(["*"])] == ["warn"]
    [found] = findings.origins(["https://band.example"])
    assert found.message == "the server's own, https://band.example"
    assert findings.departure(20, 15, 10).status == "ok"
    assert findings.departure(25, 20, 10).status == "warn"


def test_several_nodes_without_a_bus_are_told() -> None:
    assert list(findings.nodes(0, has_bus=False)) == []
    assert [found.status for found in findings.nodes(1, has_bus=False)] == ["ok"]
    assert [found.status for found in findings.nodes(3, has_bus=True)] == ["ok"]
    [found] = findings.nodes(2, has_bus=False)
    assert (found.status, "COLLAB_BUS_URL" in found.remedy) == ("warn", True)


def test_names_that_are_no_settings_are_told() -> None:
    told = list(findings.misspelt({"COLLAB_LOGLEVEL": "COLLAB_LOG_LEVEL", "COLLAB_TEA": None}))
    assert [found.status for found in told] == ["warn", "warn"]
    assert "COLLAB_LOG_LEVEL is one" in told[0].remedy


@pytest.mark.parametrize(
    ("origins", "statuses"),
    [
        (["https://band.example", "http://localhost:5173"], ["ok"]),
        (["https://band.example/"], ["fail"]),
        (["https://band.example/app", "*"], ["fail", "warn"]),
        (["band.example"], ["fail"]),
        ([], ["ok"]),
    ],
)
def test_an_origin_has_no_path(origins: list[str], statuses: list[str]) -> None:
    assert [found.status for found in findings.origins(origins)] == statuses


def test_what_goes_unencrypted_to_another_machine_is_told() -> None:
    urls = {"A": "http://posters.example/edits", "B": "https://posters.example", "C": "http://127.0.0.1:9000"}
    [found] = findings.plain_http(urls)
    assert ("A goes to posters.example" in found.message, found.remedy) == (True, "set A to https://")


@pytest.mark.parametrize(("lease_s", "is_told"), [(0.01, True), (15.0, False), (86_400.0, True)])
def test_a_lease_that_makes_no_sense_is_told(lease_s: float, is_told: bool) -> None:
    assert [found.status for found in findings.lease(lease_s)] == ["warn"] * is_told
