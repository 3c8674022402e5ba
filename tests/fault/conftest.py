"""What the faults came to is printed at the end of the run."""

import pytest

from tests.fault.harness import REPORTS


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if REPORTS:
        terminalreporter.section("faults")
        for report in REPORTS:
            terminalreporter.write_line(str(report))
        checked, losses = (sum(report.checked for report in REPORTS), sum(len(report.losses) for report in REPORTS))
        terminalreporter.write_line(f"{len(REPORTS)} faults, {checked} edits checked, {losses} losses")


@pytest.fixture
def is_full(request: pytest.FixtureRequest) -> bool:
    """Whether faults last as long as they are promised to be survived, or just long enough to be felt."""
    return bool(request.config.getoption("--full-faults"))
