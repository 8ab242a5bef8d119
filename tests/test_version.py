import re
from pathlib import Path

from offboard.version import __version__


def test_version_is_that_of_the_distribution() -> None:
    text = (Path(__file__).resolve().parent.parent / "pyproject.toml").read_text()
    found = re.search(r'^version = "(.+)"$', text, re.MULTILINE)
    assert found
    assert __version__ == found[1]
