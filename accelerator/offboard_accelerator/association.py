"""Which instance has which accelerator.

One accelerator an instance, one instance an accelerator; no detach, no transfer, no change of type: an association ends
when the operator terminates it. Kept in one SQLite file that supervisor and workers open at once: every step is a
transaction, and unique indexes hold the rule even where two processes race.

States::

    (none) -> associating -> associated -> disassociating -> disassociated

``associating`` lasts until the secret is shown for the first time, so that a lost reply or a crash locks nobody out;
``disassociating`` lasts until the worker has released what the instance owned.
"""

import contextlib
import hashlib
import hmac
import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from offboard import rules
from offboard.errors import AssociationError, NoAcceleratorError
from offboard_accelerator.types import Accelerator

__all__ = ["Association", "AssociationRefused", "Associations", "Attachment", "State"]

State = Literal["associating", "associated", "disassociating", "disassociated"]

HISTORY = 1000
"""Ended associations that are kept for the operator's eyes."""

BUSY_SECONDS = 10.0

SCHEMA = """
CREATE TABLE IF NOT EXISTS accelerator (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  UNIQUE (type, ordinal)
);
CREATE TABLE IF NOT EXISTS association (
  id TEXT PRIMARY KEY,
  accelerator TEXT NOT NULL,
  type TEXT NOT NULL,
  instance TEXT NOT NULL,
  salt BLOB NOT NULL,
  hash BLOB NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('associating', 'associated', 'disassociating', 'disassociated')),
  since_unix_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS one_instance_an_accelerator
  ON association (accelerator) WHERE state <> 'disassociated';
CREATE UNIQUE INDEX IF NOT EXISTS one_accelerator_an_instance
  ON association (instance) WHERE state <> 'disassociated';
"""


@dataclass(frozen=True)
class Association:
    """One row: ``id`` is ``eia-assoc-`` and 17 hexadecimal digits; ``since_unix_ms`` is the state's."""

    id: str
    accelerator: str
    type: str
    instance: str
    state: State
    since_unix_ms: int


@dataclass(frozen=True)
class Attachment:
    """What an attach gives; ``secret`` is empty unless it was the first."""

    association: Association
    accelerator: Accelerator
    secret: bytes


class AssociationRefused(AssociationError):
    """An attach that the rules refuse, with the association that stands in the way."""

    def __init__(self, message: str, association: Association):
        super().__init__(message)
        self.association = association


class Associations:
    """The associations of one daemon, in the SQLite file ``path``. Safe across threads, processes and forks."""

    def __init__(self, path: str | Path):
        self._path = str(path)
        with self._connection() as connection:
            # Readers never wait for a writer; a full sync keeps an association that a client was told of.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(SCHEMA)
        Path(self._path).chmod(0o600)

    def accelerator_ids(self, types: Sequence[str]) -> list[str]:
        """The ids of this daemon's accelerators, made at first use and the same ever after.

        The n-th accelerator of a type keeps its id, whatever else is configured before or behind it.
        """
        ids: list[str] = []
        with self._transaction() as connection:
            for position, name in enumerate(types):
                ordinal = types[:position].count(name)
                row = connection.execute(
                    "SELECT id FROM accelerator WHERE type = ? AND ordinal = ?", (name, ordinal)
                ).fetchone()
                if row is None:
                    row = (f"eia-{secrets.token_hex(16)}",)
                    connection.execute("INSERT INTO accelerator VALUES (?, ?, ?)", (*row, name, ordinal))
                ids.append(row[0])
        return ids

    def attach(
        self, instance: str, secret: bytes, accelerator_type: str, accelerators: Sequence[Accelerator]
    ) -> Attachment:
        """Associates ``instance`` with one of ``accelerators``, or confirms its association.

        Args:
            instance: its id.
            secret: what the first attach returned; ignored when the instance has no association.
            accelerator_type: the type asked for; empty for any.
            accelerators: those that the caller answers for.

        Raises:
            AssociationRefused: a rule forbids it.
            NoAcceleratorError: none of ``accelerators`` is of that type.
        """
        with self._transaction() as connection:
            current = _live(connection, "instance", instance)
            if current is not None and current.state == "associating" and not _is_secret(connection, current, secret):
                # Nobody has shown its secret yet: the reply was lost, or the daemon crashed before it.
                connection.execute("DELETE FROM association WHERE id = ?", (current.id,))
                current = None
            if current is not None:
                current = _proven(connection, current, secret)
                return Attachment(current, _confirmed(current, accelerator_type, accelerators), b"")
            chosen = _choose(connection, accelerator_type, accelerators)
            fresh = secrets.token_bytes(32)
            return Attachment(_insert(connection, instance, chosen, fresh), chosen, fresh)

    def verify(self, instance: str, secret: bytes, accelerator: str) -> Association:
        """The association of ``instance`` with ``accelerator``, for a caller that shows its secret.

        Raises:
            AssociationRefused: the secret is wrong, or the accelerator is another instance's.
            AssociationError: the instance is not associated.
        """
        with self._transaction() as connection:
            current = _live(connection, "instance", instance)
            if current is None:
                other = _live(connection, "accelerator", accelerator)
                if other is not None and other.instance != instance:
                    raise AssociationRefused(_text("associated_elsewhere", other), other)
                raise AssociationError(rules.text("not_associated", instance=instance))
            current = _proven(connection, current, secret)
            if current.accelerator != accelerator or current.state != "associated":
                raise AssociationRefused(_text("instance_associated", current), current)
            return current

    def of_accelerator(self, accelerator: str) -> Association | None:
        """The live association of an accelerator."""
        with self._connection() as connection:
            return _live(connection, "accelerator", accelerator)

    def of_instance(self, instance: str) -> Association | None:
        """The live association of an instance."""
        with self._connection() as connection:
            return _live(connection, "instance", instance)

    def begin_termination(self, instance: str) -> Association:
        """The operator ends the association: nobody attaches to its accelerator until :meth:`finish_termination`.

        Raises:
            AssociationError: the instance has none.
        """
        with self._transaction() as connection:
            current = _live(connection, "instance", instance)
            if current is None:
                raise AssociationError(rules.text("not_associated", instance=instance))
            if current.state == "disassociating":
                return current
            return _move(connection, current, "disassociating") or current

    def finish_termination(self, association: Association) -> Association:
        """Everything the instance owned on the accelerator is released: the accelerator is free."""
        with self._transaction() as connection:
            ended = _move(connection, association, "disassociated", only_from="disassociating")
            connection.execute(
                "DELETE FROM association WHERE state = 'disassociated' AND id NOT IN (SELECT id FROM association "
                "WHERE state = 'disassociated' ORDER BY since_unix_ms DESC LIMIT ?)",
                (HISTORY,),
            )
            return ended or association

    def history(self) -> list[Association]:
        """Every association that is known, the youngest state first."""
        with self._connection() as connection:
            rows = connection.execute(f"SELECT {COLUMNS} FROM association ORDER BY since_unix_ms DESC").fetchall()
            return [Association(*row) for row in rows]

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        # One a call: cheap beside an attach, and nothing is shared by threads or inherited by a fork.
        connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._connection() as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


COLUMNS = "id, accelerator, type, instance, state, since_unix_ms"


def _live(connection: sqlite3.Connection, column: Literal["instance", "accelerator"], value: str) -> Association | None:
    row = connection.execute(
        f"SELECT {COLUMNS} FROM association WHERE {column} = ? AND state <> 'disassociated'", (value,)
    ).fetchone()
    return Association(*row) if row else None


def _insert(connection: sqlite3.Connection, instance: str, chosen: Accelerator, secret: bytes) -> Association:
    association = Association(
        f"eia-assoc-{secrets.token_hex(9)[:17]}", chosen.id, chosen.type.name, instance, "associating", _now()
    )
    salt = secrets.token_bytes(16)
    connection.execute(
        "INSERT INTO association VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            association.id,
            association.accelerator,
            association.type,
            association.instance,
            salt,
            _hash(salt, secret),
            association.state,
            association.since_unix_ms,
        ),
    )
    return association


def _move(
    connection: sqlite3.Connection, association: Association, state: State, *, only_from: State | None = None
) -> Association | None:
    """The association in its new state; None when it is not (any longer) where the step begins."""
    now = _now()
    changed = connection.execute(
        "UPDATE association SET state = ?, since_unix_ms = ? WHERE id = ? AND state = ?",
        (state, now, association.id, only_from or association.state),
    ).rowcount
    if not changed:
        return None
    return Association(association.id, association.accelerator, association.type, association.instance, state, now)


def _choose(connection: sqlite3.Connection, accelerator_type: str, accelerators: Sequence[Accelerator]) -> Accelerator:
    fitting = [each for each in accelerators if accelerator_type in ("", each.type.name)]
    if not fitting:
        offered = ", ".join(sorted({each.type.name for each in accelerators})) or "none"
        reason = f"This daemon has no accelerator of type {accelerator_type}: it has {offered}"
        raise NoAcceleratorError(rules.text("no_accelerator", reason=reason))
    taken = None
    for each in fitting:
        holder = _live(connection, "accelerator", each.id)
        if holder is None:
            return each
        taken = taken or holder
    assert taken is not None
    raise AssociationRefused(_text("associated_elsewhere", taken), taken)


def _confirmed(association: Association, accelerator_type: str, accelerators: Sequence[Accelerator]) -> Accelerator:
    """The associated accelerator among ``accelerators``, if it may be used and is what was asked for."""
    found = next((each for each in accelerators if each.id == association.accelerator), None)
    if found is None or association.state != "associated":
        raise AssociationRefused(_text("instance_associated", association), association)
    if accelerator_type not in ("", association.type):
        text = rules.text(
            "type_fixed",
            instance=association.instance,
            accelerator=association.accelerator,
            association=association.id,
            type=association.type,
            asked=accelerator_type,
        )
        raise AssociationRefused(text, association)
    return found


def _is_secret(connection: sqlite3.Connection, association: Association, secret: bytes) -> bool:
    salt, expected = connection.execute("SELECT salt, hash FROM association WHERE id = ?", (association.id,)).fetchone()
    return hmac.compare_digest(_hash(salt, secret), expected)


def _proven(connection: sqlite3.Connection, association: Association, secret: bytes) -> Association:
    """The association, made good by the first that shows its secret; raises AssociationRefused for a wrong one."""
    if not _is_secret(connection, association, secret):
        raise AssociationRefused(_text("secret_mismatch", association), association)
    if association.state == "associating":
        return _move(connection, association, "associated") or association
    return association


def _hash(salt: bytes, secret: bytes) -> bytes:
    # The secret is 256 random bits, so no slow password hash is called for.
    return hashlib.sha256(salt + secret).digest()


def _text(rule: str, association: Association) -> str:
    return rules.text(
        rule,
        accelerator=association.accelerator,
        instance=association.instance,
        association=association.id,
        state=association.state,
    )


def _now() -> int:
    return time.time_ns() // 1_000_000
