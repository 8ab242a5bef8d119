"""Checkpoints of networks of symbolic cells: files hold the weights gate by gate."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

from offboard.mxnet.checkpoint import load_checkpoint, save_checkpoint
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.rnn.base_cell import BaseRNNCell, Weights
from offboard.mxnet.symbol.symbol import Symbol

__all__ = ["do_rnn_checkpoint", "load_rnn_checkpoint", "rnn_unroll", "save_rnn_checkpoint"]

Cells = BaseRNNCell | Iterable[BaseRNNCell]


def _listed(cells: Cells) -> list[BaseRNNCell]:
    return [cells] if isinstance(cells, BaseRNNCell) else list(cells)


def save_rnn_checkpoint(
    cells: Cells, prefix: str, epoch: int, symbol: Symbol | None, arg_params: Weights, aux_params: Weights
) -> None:
    """Writes a symbol and its parameters, those of the cells unpacked."""
    unpacked = dict(arg_params)
    for cell in _listed(cells):
        unpacked = cell.unpack_weights(unpacked)
    save_checkpoint(prefix, epoch, symbol, unpacked, aux_params)


def load_rnn_checkpoint(cells: Cells, prefix: str, epoch: int) -> tuple[Symbol, dict[str, NDArray], dict[str, NDArray]]:
    """(symbol, arguments, auxiliary states) of a checkpoint, the cells' weights packed as the symbol takes them."""
    symbol, arguments, auxiliary = load_checkpoint(prefix, epoch)
    for cell in _listed(cells):
        arguments = cell.pack_weights(arguments)
    return symbol, arguments, auxiliary


def do_rnn_checkpoint(cells: Cells, prefix: str, period: int = 1) -> Callable[..., None]:
    """After every ``period``-th epoch saves the symbol and the parameters it is given."""
    period = max(1, int(period))

    def save(iter_no: int, sym: Any = None, arg: Any = None, aux: Any = None) -> None:
        if (iter_no + 1) % period == 0:
            save_rnn_checkpoint(cells, prefix, iter_no + 1, sym, arg, aux)

    return save


def rnn_unroll(
    cell: BaseRNNCell,
    length: int,
    inputs: Any = None,
    begin_state: Any = None,
    input_prefix: str = "",
    layout: str = "NTC",
) -> tuple[Any, Any]:
    """``cell.unroll``, by its former name."""
    warnings.warn("rnn_unroll is deprecated. Please call cell.unroll directly.", stacklevel=2)
    return cell.unroll(length, inputs, begin_state, layout)
