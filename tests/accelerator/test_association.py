import os
import re
import sqlite3
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from offboard.errors import AssociationError, NoAcceleratorError
from offboard_accelerator import association as module
from offboard_accelerator.association import AssociationRefused, Associations, Attachment
from offboard_accelerator.types import Accelerator, builtin_types

MEDIUM = builtin_types()["eia1.medium"]
LARGE = builtin_types()["eia1.large"]
A = "i-" + "a" * 17
B = "i-" + "b" * 17
FIRST = Accelerator("eia-" + "1" * 32, MEDIUM)
SECOND = Accelerator("eia-" + "2" * 32, LARGE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "associations.sqlite"


@pytest.fixture
def associations(path: Path) -> Associations:
    return Associations(path)


def test_first_attach_returns_a_secret_and_later_ones_must_show_it(associations: Associations) -> None:
    first = associations.attach(A, b"", "", [FIRST])
    assert re.fullmatch("eia-assoc-[0-9a-f]{17}", first.association.id)
    assert first.association.state == "associating"
    assert first.accelerator == FIRST
    assert len(first.secret) == 32
    again = associations.attach(A, first.secret, "eia1.medium", [FIRST])
    assert (again.accelerator, again.secret, again.association.state) == (FIRST, b"", "associated")
    assert again.association.id == first.association.id
    for wrong in (b"", b"x", first.secret + b"\0"):
        with pytest.raises(AssociationRefused, match=re.escape(f"offboard terminate {A}")):
            associations.attach(A, wrong, "", [FIRST])


def test_secret_is_not_in_the_file(associations: Associations, path: Path) -> None:
    secret = associations.attach(A, b"", "", [FIRST]).secret
    for file in path.parent.iterdir():
        assert secret not in file.read_bytes()
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0


def test_one_instance_an_accelerator(associations: Associations) -> None:
    held = associations.attach(A, b"", "", [FIRST]).association
    with pytest.raises(AssociationRefused) as caught:
        associations.attach(B, b"", "", [FIRST])
    assert str(caught.value) == (
        f"Accelerator {FIRST.id} is associated with instance {A} ({held.id}). "
        f"The operator ends that with `offboard terminate {A}`"
    )
    assert caught.value.association == held


def test_one_accelerator_an_instance(associations: Associations) -> None:
    both = [FIRST, SECOND]
    mine = associations.attach(A, b"", "eia1.large", both)
    assert mine.accelerator == SECOND
    assert associations.attach(A, mine.secret, "", both).accelerator == SECOND
    with pytest.raises(AssociationRefused, match="does not change"):
        associations.attach(A, mine.secret, "eia1.medium", both)
    with pytest.raises(AssociationRefused, match="one accelerator"):
        associations.attach(A, mine.secret, "", [FIRST])
    assert associations.attach(B, b"", "", both).accelerator == FIRST


def test_unknown_type(associations: Associations) -> None:
    with pytest.raises(
        NoAcceleratorError, match=r"no accelerator of type eia9\.huge: it has eia1\.large, eia1\.medium"
    ):
        associations.attach(A, b"", "eia9.huge", [FIRST, SECOND])


def test_terminate_frees_the_accelerator_in_two_steps(associations: Associations) -> None:
    secret = associations.attach(A, b"", "", [FIRST]).secret
    associations.verify(A, secret, FIRST.id)
    ending = associations.begin_termination(A)
    assert ending.state == "disassociating"
    assert associations.begin_termination(A) == ending
    with pytest.raises(AssociationRefused):
        associations.attach(B, b"", "", [FIRST])
    with pytest.raises(AssociationRefused, match="disassociating"):
        associations.attach(A, secret, "", [FIRST])
    with pytest.raises(AssociationRefused):
        associations.verify(A, secret, FIRST.id)
    ended = associations.finish_termination(ending)
    assert ended.state == "disassociated"
    assert associations.finish_termination(ending) == ending
    assert associations.of_instance(A) is None
    assert associations.attach(B, b"", "", [FIRST]).secret
    with pytest.raises(AssociationError, match="not associated"):
        associations.begin_termination(A)
    assert {each.state for each in associations.history()} == {"disassociated", "associating"}


def test_a_stale_secret_after_termination_is_a_first_attach(associations: Associations) -> None:
    secret = associations.attach(A, b"", "", [FIRST]).secret
    associations.finish_termination(associations.begin_termination(A))
    fresh = associations.attach(A, secret, "", [FIRST])
    assert fresh.secret
    assert fresh.secret != secret


def test_verify(associations: Associations) -> None:
    with pytest.raises(AssociationError, match="not associated"):
        associations.verify(A, b"", FIRST.id)
    mine = associations.attach(A, b"", "", [FIRST])
    shown = associations.verify(A, mine.secret, FIRST.id)
    assert (shown.id, shown.state) == (mine.association.id, "associated")
    assert associations.verify(A, mine.secret, FIRST.id) == shown
    with pytest.raises(AssociationRefused, match="secret"):
        associations.verify(A, b"wrong", FIRST.id)
    with pytest.raises(AssociationRefused, match="one accelerator"):
        associations.verify(A, mine.secret, SECOND.id)
    with pytest.raises(AssociationRefused, match=A):
        associations.verify(B, b"", FIRST.id)


def test_associations_outlive_the_daemon(path: Path) -> None:
    secret = Associations(path).attach(A, b"", "", [FIRST]).secret
    assert Associations(path).attach(A, secret, "", [FIRST]).secret == b""


def test_a_lost_reply_locks_nobody_out(associations: Associations) -> None:
    lost = associations.attach(A, b"", "", [FIRST]).secret
    with pytest.raises(AssociationRefused):
        associations.attach(B, b"", "", [FIRST])
    mine = associations.attach(A, b"", "", [FIRST]).secret
    assert mine != lost
    with pytest.raises(AssociationRefused, match="secret"):
        associations.verify(A, lost, FIRST.id)
    associations.verify(A, mine, FIRST.id)
    # Whoever comes after the secret was shown must show it.
    with pytest.raises(AssociationRefused, match="secret"):
        associations.attach(A, b"", "", [FIRST])


def test_a_race_of_threads_has_one_winner_an_accelerator(associations: Associations) -> None:
    got: list[Attachment] = []
    refused: list[AssociationRefused] = []

    def attach(number: int) -> None:
        try:
            got.append(associations.attach(f"i-{number:017x}", b"", "", [FIRST, SECOND]))
        except AssociationRefused as error:
            refused.append(error)

    threads = [threading.Thread(target=attach, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.accelerator.id for each in got) == [FIRST.id, SECOND.id]
    assert len(refused) == 10


def test_a_race_of_processes_of_one_instance_has_one_good_secret(path: Path) -> None:
    code = f"""
import sys
from offboard.errors import AssociationError
from offboard_accelerator.association import Associations
from offboard_accelerator.types import Accelerator, builtin_types
accelerator = Accelerator({FIRST.id!r}, builtin_types()["eia1.medium"])
sys.stdin.readline()
try:
    associations = Associations(sys.argv[1])
    secret = associations.attach({A!r}, b"", "", [accelerator]).secret
    sys.stdin.readline()
    associations.verify({A!r}, secret, accelerator.id)
    print(secret.hex())
except AssociationError:
    print("refused")
"""
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ
        )
        for _ in range(3)
    ]
    for racer in racers:
        assert racer.stdin
        racer.stdin.write(b"\n")
        racer.stdin.flush()
    answers = [racer.communicate(b"\n")[0].decode().strip() for racer in racers]
    secrets = [answer for answer in answers if answer != "refused"]
    assert len(secrets) == 1
    assert Associations(path).verify(A, bytes.fromhex(secrets[0]), FIRST.id)


def test_the_schema_itself_forbids_two(associations: Associations, path: Path) -> None:
    associations.attach(A, b"", "", [FIRST])
    with sqlite3.connect(path) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO association VALUES ('x', ?, 't', ?, x'', x'', 'associated', 0)", (FIRST.id, B))
    connection.close()


def test_accelerator_ids_stay(associations: Associations, path: Path) -> None:
    medium, large, other = associations.accelerator_ids(["eia1.medium", "eia1.large", "eia1.medium"])
    assert len({medium, large, other}) == 3
    assert all(re.fullmatch("eia-[0-9a-f]{32}", each) for each in (medium, large, other))
    assert Associations(path).accelerator_ids(["eia1.large", "eia1.medium"]) == [large, medium]


def test_history_has_a_limit(associations: Associations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HISTORY", 2)
    for number in range(4):
        associations.attach(f"i-{number:017x}", b"", "", [replace(FIRST)])
        associations.finish_termination(associations.begin_termination(f"i-{number:017x}"))
    assert len(associations.history()) == 2
