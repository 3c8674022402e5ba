"""What the tests of faults share."""

import pytest


@pytest.fixture
def is_full(request: pytest.FixtureRequest) -> bool:
    """Whether faults last as long as they are promised to be survived, or just long enough to be felt."""
    return bool(request.config.getoption("--full-faults"))
