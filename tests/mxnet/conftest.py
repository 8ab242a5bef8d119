"""An accelerator for the tests of this folder."""

from collections.abc import Iterator

import pytest

from offboard.client import connection
from offboard_accelerator import embedded


@pytest.fixture(scope="module")
def accelerator() -> Iterator[embedded.EmbeddedDaemon]:
    """A private eia1.medium, which this process is attached to."""
    with pytest.MonkeyPatch.context() as patch, embedded.start("eia1.medium") as daemon:
        for name, value in daemon.environment.items():
            patch.setenv(name, value)
        connection.close()
        yield daemon
        connection.close()
