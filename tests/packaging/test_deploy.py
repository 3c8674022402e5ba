"""The files to deploy with are in order, as far as that can be told without an engine or a machine to deploy to."""

import configparser
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import collab
from collab.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = Path(collab.__file__).parent / "deploy"
UNIT = DEPLOY / "collab@.service"
CONTAINERFILE = DEPLOY / "Containerfile"
BIN = Path(sys.executable).parent
ANALYZE = shutil.which("systemd-analyze")
ALERTS, ALERT_TESTS = DEPLOY / "alerts.yml", Path(__file__).with_name("alerts_test.yml")
PROMTOOL = shutil.which("promtool")


def test_hadolint_finds_nothing_in_the_containerfile(tmp_path: Path) -> None:
    def lint(file: Path) -> subprocess.CompletedProcess[str]:
        command = [str(BIN / "hadolint"), "--no-color", str(file)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert (lint(CONTAINERFILE).returncode, lint(CONTAINERFILE).stdout) == (0, "")
    broken = tmp_path / "Containerfile"
    broken.write_text(CONTAINERFILE.read_text().replace("python:3.11-slim-bookworm", "python"))
    assert "DL3006" in lint(broken).stdout


def test_the_image_is_of_a_python_that_is_served_and_the_command_exists() -> None:
    text = CONTAINERFILE.read_text()
    lowest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(">=")
    images = re.findall(r"^FROM python:([\d.]+)-", text, re.MULTILINE)
    assert len(images) == 2
    assert {tuple(map(int, image.split("."))) >= tuple(map(int, lowest.split("."))) for image in images} == {True}
    assert 'CMD ["collab", "serve", "--host", "0.0.0.0"]' in text
    for ignored in (".git", ".venv", "**/node_modules", ".env"):
        assert ignored in (ROOT / ".dockerignore").read_text().splitlines()


@pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze found: install systemd")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    def verify(text: str) -> subprocess.CompletedProcess[str]:
        unit = tmp_path / "collab@8000.service"
        unit.write_text(text.replace("/opt/collab/bin/collab", str(BIN / "collab")))
        return subprocess.run([str(ANALYZE), "verify", unit], capture_output=True, text=True, check=False)

    found = verify(UNIT.read_text())
    assert (found.returncode, found.stderr) == (0, "")
    assert "restart specifier" in verify(UNIT.read_text().replace("Restart=on-failure", "Restart=perhaps")).stderr


def test_every_setting_that_the_files_name_is_one() -> None:
    for file in (UNIT, CONTAINERFILE):
        named = {name.lower() for name in re.findall(r"COLLAB_([A-Z_]+)", file.read_text())}
        assert named <= Settings.model_fields.keys(), file


def test_the_unit_keeps_its_data_where_it_may_write() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # the way to keep capitals
    unit.read_string(UNIT.read_text())
    service = unit["Service"]
    assert service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"
    assert f"////var/lib/{service['StateDirectory']}/" in service["Environment"]
    assert service["ExecStart"].endswith("collab serve --port %i")


def test_every_alert_is_of_a_metric_that_there_is_and_is_tested() -> None:
    rules, tests = ALERTS.read_text(), ALERT_TESTS.read_text()
    written = "".join((ROOT / "collab" / name).read_text() for name in ("metrics.py", "from_settings.py"))
    for metric in set(re.findall(r"collab_([a-z_]+?)(?:_total|_bucket)?(?=[{ )\[])", rules)):
        assert f'"{metric}"' in written or f'"collab_{metric}"' in written, metric
    assert set(re.findall(r"alert: (\w+)", rules)) == set(re.findall(r"alertname: (\w+)", tests))


@pytest.mark.skipif(PROMTOOL is None, reason="no promtool found: install prometheus")
def test_each_alert_fires_when_it_should(tmp_path: Path) -> None:
    def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(PROMTOOL), *arguments], capture_output=True, text=True, check=False)

    for arguments in (("check", "rules", str(ALERTS)), ("test", "rules", str(ALERT_TESTS))):
        done = promtool(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "alerts.yml").write_text(ALERTS.read_text().replace("> 900", "> 900000"))
    tests = ALERT_TESTS.read_text().replace("../../collab/deploy/alerts.yml", "alerts.yml")
    (tmp_path / "alerts_test.yml").write_text(tests)
    assert "CollabWebhookIsBehind" in promtool("test", "rules", str(tmp_path / "alerts_test.yml")).stderr
