"""The ledger admits up to the accelerator's memory and not one byte more."""

import re

import pytest

from offboard.errors import AcceleratorOutOfMemoryError
from offboard_accelerator.memory import Ledger

BLOB, OTHER = b"b" * 32, b"o" * 32


def ledger(total: int) -> Ledger:
    return Ledger("eia-" + "0" * 32, "1.2.3", total)


def test_full_and_one_byte_past_it() -> None:
    book = ledger(10)
    book.charge_weights({BLOB: 4})
    book.charge_activations(6)
    assert book.used == 10
    with pytest.raises(AcceleratorOutOfMemoryError):
        book.charge_activations(1)
    assert (book.weights, book.activations) == (4, 6)


def test_shared_blobs_are_charged_once() -> None:
    book = ledger(10)
    book.charge_weights({BLOB: 8})
    book.charge_weights({BLOB: 8, OTHER: 2})
    assert book.weights == 10
    book.release_weights({BLOB: 8})
    assert book.weights == 10
    book.release_weights({BLOB: 8, OTHER: 2})
    assert book.weights == 0


def test_reclaim_makes_room() -> None:
    book = ledger(10)
    plans = [4, 4]
    for size in plans:
        book.charge_activations(size)

    def reclaim(lacking: int) -> bool:
        if not plans:
            return False
        book.release_activations(plans.pop())
        return True

    book.reclaim = reclaim
    book.charge_activations(10)
    assert book.used == 10
    assert plans == []


def test_text_of_the_refusal() -> None:
    book = ledger(10)
    book.charge_activations(7)
    with pytest.raises(AcceleratorOutOfMemoryError) as caught:
        book.charge_weights({BLOB: 5})
    text = str(caught.value)
    assert "EI Error Code: [51, 8, 31]" in text
    assert re.search(
        r"EI Request ID: MX-[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12} -- EI Accelerator ID: eia-0{32}", text
    )
    assert "EI Client Version: 1.2.3" in text
    assert "Asked: 5 bytes. Used: 7 bytes. Free: 3 bytes of 10" in text
