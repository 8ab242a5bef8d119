import pytest

from offboard_accelerator.keeper import Backoff


def test_first_deaths_cost_nothing_then_waiting_doubles_up_to_a_bound() -> None:
    backoff = Backoff()
    assert [backoff.after(1.0) for _ in range(12)] == [0, 0, 0, 0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_healthy_life_starts_the_count_anew() -> None:
    backoff = Backoff()
    for _ in range(6):
        backoff.after(1.0)
    assert backoff.after(backoff.healthy) == 0


def test_endless_deaths_do_not_overflow() -> None:
    backoff = Backoff(deaths=10**6)
    assert backoff.after(0.0) == pytest.approx(30.0)
