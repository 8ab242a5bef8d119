"""A plan: a lowered graph opened with ONNX Runtime for one set of shapes and dtypes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, RuntimeException

from offboard.errors import MXNetError
from offboard.operators.builder import element_type
from offboard.operators.casts import BFLOAT16
from offboard.operators.lowering import Lowered, widened

__all__ = ["PREPACKED_BYTES", "Plan", "session_options"]

# Up to this many bytes of weights ONNX Runtime may keep a second, packed copy, which infers faster; beyond it the
# weights are used where they lie.
PREPACKED_BYTES = 64 << 20

# What ONNX Runtime raises while a graph runs; its exceptions have no common base of their own.
_FAILURES = (Fail, InvalidArgument, RuntimeException)


def session_options(weights: int, threads: int | None) -> onnxruntime.SessionOptions:
    """Options that plans have in common, for ``weights`` bytes of constants."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    if threads is not None:
        options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0" if threads != 1 else "1")
    if weights > PREPACKED_BYTES:
        options.add_session_config_entry("session.disable_prepacking", "1")
    return options


class Plan:
    """Runs a lowered graph; constants are the caller's arrays, used in place and kept alive."""

    def __init__(
        self, lowered: Lowered, constants: Mapping[str, npt.NDArray[Any]], *, threads: int | None = None
    ) -> None:
        self.inputs, self.outputs = lowered.inputs, lowered.outputs
        weights = sum(spec.nbytes for spec in lowered.constants)
        options = session_options(weights, threads)
        # Kept: ONNX Runtime uses this memory as long as the session lives.
        self._constants = [np.ascontiguousarray(constants[spec.name]) for spec in lowered.constants]
        names = [spec.name for spec in lowered.constants]
        values = [_ortvalue(array) for array in self._constants]
        if names:
            options.add_external_initializers(names, values)
            if weights > PREPACKED_BYTES:
                for name, value in zip(names, values, strict=True):
                    options.add_initializer(name, value)
        self._values = values
        try:
            self._session = onnxruntime.InferenceSession(
                lowered.model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise MXNetError(f"The graph cannot be opened: {error}") from error
        self._names = [spec.name for spec in lowered.outputs]
        self._plain = all(spec.dtype != BFLOAT16 for spec in (*lowered.inputs, *lowered.outputs))

    def run(self, feeds: Mapping[str, npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """One forward: inputs by name in, outputs in order out."""
        try:
            if self._plain:
                given = {spec.name: feeds[spec.name] for spec in self.inputs}
                made: list[npt.NDArray[Any]] = self._session.run(self._names, given)
                return made
            given = {spec.name: feeds[spec.name].astype(widened(spec.dtype)) for spec in self.inputs}
            results = self._session.run(self._names, given)
            return [array.astype(spec.dtype) for array, spec in zip(results, self.outputs, strict=True)]
        except _FAILURES as error:
            raise MXNetError(f"The forward failed: {error}") from error


def _ortvalue(array: npt.NDArray[Any]) -> Any:
    if array.dtype == BFLOAT16:
        return onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(array.view(np.uint16), element_type(BFLOAT16))
    return onnxruntime.OrtValue.ortvalue_from_numpy(array)
