"""The page of operators says what the records say."""

from pathlib import Path

from offboard.operators import documentation


def test_the_page_is_current() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "operators.md"
    assert page.read_text("utf-8") == documentation.render(), "run: python -m offboard.operators.documentation"
