"""ONNX Runtime on the CPU, every plan within one arena of limited size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from offboard.errors import AcceleratorOutOfMemoryError, ExecutionError, InvalidGraphError
from offboard.operators.builder import Builder, element_type
from offboard.operators.lowering import IR_VERSION, OPSET, TensorSpec, widened
from offboard.runtime.plan import session_options

__all__ = ["FOLDER_KEY", "OnnxRuntimeEngine"]

FOLDER_KEY = "session.model_external_initializers_file_folder_path"
_REFUSALS = ("Failed to allocate memory", "Available memory of", "bad_alloc", "bad allocation")
_EXTEND_AS_REQUESTED = 1


class OnnxRuntimeEngine:
    """``refusal`` makes the rule's error for a number of bytes that the arena refused."""

    def __init__(self, memory_bytes: int, threads: int, refusal: Callable[[int], AcceleratorOutOfMemoryError]) -> None:
        self._threads = threads
        self._refusal = refusal
        info = onnxruntime.OrtMemoryInfo(
            "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
        )
        arena = onnxruntime.OrtArenaCfg(
            {
                "max_mem": memory_bytes,
                "arena_extend_strategy": _EXTEND_AS_REQUESTED,
                "initial_chunk_size_bytes": 1 << 16,
            }
        )
        onnxruntime.create_and_register_allocator(info, arena)
        self._shrinking = self._tiny()

    def open(
        self, model: bytes, folder: Path, weights: int, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]
    ) -> _Plan:
        """Opens a vetted model; its constants are mapped from ``folder``."""
        options = session_options(weights, self._threads)
        options.add_session_config_entry("session.use_env_allocators", "1")
        options.add_session_config_entry(FOLDER_KEY, str(folder))
        try:
            session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            if _is_refusal(error):
                raise self._refusal(weights) from error
            raise InvalidGraphError(f"The graph cannot be opened: {error}") from error
        return _Plan(session, list(inputs), list(outputs), self._refusal)

    def shrink(self) -> None:
        """Runs a graph of one addition with the option that shrinks the shared arena."""
        options = onnxruntime.RunOptions()
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        self._shrinking.run(None, {"x": np.zeros(1, np.float32)}, options)

    def _tiny(self) -> Any:
        import onnx

        builder = Builder()
        value = builder.value("x", (1,), np.dtype(np.float32))
        model = onnx.ModelProto(ir_version=IR_VERSION)
        model.opset_import.add(domain="", version=OPSET)
        model.graph.name = "shrink"
        for info, name in ((model.graph.input.add(), value.name), (model.graph.output.add(), "y")):
            info.name = name
            info.type.tensor_type.elem_type = element_type(value.dtype)
            info.type.tensor_type.shape.dim.add(dim_value=1)
        model.graph.node.add(op_type="Add", input=["x", "x"], output=["y"])
        options = session_options(0, 1)
        options.add_session_config_entry("session.use_env_allocators", "1")
        return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


class _Plan:
    def __init__(
        self,
        session: Any,
        inputs: list[TensorSpec],
        outputs: list[TensorSpec],
        refusal: Callable[[int], AcceleratorOutOfMemoryError],
    ) -> None:
        self._session, self._refusal = session, refusal
        self._inputs = [spec.name for spec in inputs]
        self._names = [spec.name for spec in outputs]
        self._types = [spec.dtype for spec in outputs]
        self._plain = all(widened(spec.dtype) == spec.dtype for spec in (*inputs, *outputs))

    def run(self, feeds: Mapping[str, npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """One forward."""
        try:
            if self._plain:
                made: list[npt.NDArray[Any]] = self._session.run(
                    self._names, {name: feeds[name] for name in self._inputs}
                )
                return made
            given = {name: feeds[name].astype(widened(feeds[name].dtype)) for name in self._inputs}
            results = self._session.run(self._names, given)
            return [array.astype(dtype) for array, dtype in zip(results, self._types, strict=True)]
        except Exception as error:
            if _is_refusal(error):
                raise self._refusal(_refused_bytes(error)) from error
            raise ExecutionError(f"The forward failed: {error}") from error


def _is_refusal(error: Exception) -> bool:
    return isinstance(error, MemoryError) or any(text in str(error) for text in _REFUSALS)


def _refused_bytes(error: Exception) -> int:
    """The bytes asked for, which ONNX Runtime's message ends with."""
    numbers = [int(word) for word in str(error).replace(".", " ").split() if word.isdigit()]
    return numbers[-1] if numbers else 0
