"""Checkpoints: ``prefix-symbol.json`` and ``prefix-0000.params``."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from offboard.mxnet import ndarray as nd
from offboard.mxnet import symbol as sym
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.symbol.symbol import Symbol

__all__ = ["checkpoint_names", "load_checkpoint", "load_params", "save_checkpoint"]


def checkpoint_names(arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """The arrays by the names of a checkpoint's file."""
    named = {f"arg:{name}": value for name, value in arg_params.items()}
    return {**named, **{f"aux:{name}": value for name, value in aux_params.items()}}


def save_checkpoint(
    prefix: str,
    epoch: int,
    symbol: Symbol | None,
    arg_params: Mapping[str, NDArray],
    aux_params: Mapping[str, NDArray],
    remove_amp_cast: bool = True,
) -> None:
    """Writes a symbol and its parameters."""
    if symbol is not None:
        symbol.save(f"{prefix}-symbol.json", remove_amp_cast=remove_amp_cast)
    path = f"{prefix}-{epoch:04d}.params"
    nd.save(path, checkpoint_names(arg_params, aux_params))
    logging.info('Saved checkpoint to "%s"', path)


def load_params(prefix: str, epoch: int) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
    """(arguments, auxiliary states) of a checkpoint."""
    arguments: dict[str, NDArray] = {}
    auxiliary: dict[str, NDArray] = {}
    path = f"{prefix}-{epoch:04d}.params"
    loaded = nd.load(path)
    if not loaded:
        # A file without arrays has no names either: it loads as an empty list.
        logging.warning("Params file '%s' is empty", path)
        return arguments, auxiliary
    for key, value in loaded.items():
        kind, name = key.split(":", 1)
        if kind == "arg":
            arguments[name] = value
        elif kind == "aux":
            auxiliary[name] = value
    return arguments, auxiliary


def load_checkpoint(prefix: str, epoch: int) -> tuple[Symbol, dict[str, NDArray], dict[str, NDArray]]:
    """(symbol, arguments, auxiliary states) of a checkpoint."""
    symbol = sym.load(f"{prefix}-symbol.json")
    arguments, auxiliary = load_params(prefix, epoch)
    return symbol, arguments, auxiliary
