"""Where pretrained parameters are looked for: files of MXNet's names under ``$MXNET_HOME/models``."""

from __future__ import annotations

import json
import logging
import os
from functools import cache
from importlib.resources import files
from pathlib import Path

from offboard.errors import MXNetError
from offboard.mxnet.gluon.utils import check_sha1

__all__ = ["get_model_file", "purge", "short_hash"]


@cache
def _checksums() -> dict[str, str]:
    """The SHA-1 of every published file by its model's name."""
    found: dict[str, str] = json.loads(files(__package__).joinpath("checksums.json").read_text("utf-8"))
    return found


# Public packages add their models to it, under this name.
_model_sha1 = _checksums()


def short_hash(name: str) -> str:
    """What the file's name has of its SHA-1."""
    if name not in _checksums():
        raise ValueError(f"Pretrained model for {name} is not available.")
    return _checksums()[name][:8]


def _models(root: str | None) -> Path:
    home = os.environ.get("MXNET_HOME", os.path.join("~", ".mxnet"))
    return Path(os.path.join(home, "models") if root is None else root).expanduser()


def get_model_file(name: str, root: str | None = None) -> str:
    """The path of a pretrained model's parameters (default folder ``$MXNET_HOME/models``).

    Raises:
        ValueError: MXNet has none for this model.
        MXNetError: the file is not there; nothing is downloaded.
    """
    path = _models(root) / f"{name}-{short_hash(name)}.params"
    if not path.is_file():
        raise MXNetError(
            f"Pretrained parameters of {name} are not on this machine, and nothing is downloaded: "
            f"put {path.name} (SHA-1 {_checksums()[name]}) into {path.parent}"
        )
    if not check_sha1(str(path), _checksums()[name]):
        logging.warning("%s is not the published file: its SHA-1 is another", path)
    return str(path)


def purge(root: str | None = None) -> None:
    """Deletes all parameter files in the folder."""
    for path in _models(root).glob("*.params"):
        path.unlink()
