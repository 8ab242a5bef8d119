"""ONNX operators one by one: what is imported gives what ONNX Runtime gives."""

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from offboard import mxnet as mx

GENERATOR = np.random.default_rng(7)


def data(*shape: int, low: float = -2.0, high: float = 2.0) -> np.ndarray:
    return GENERATOR.uniform(low, high, shape).astype(np.float32)


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


IMAGE = data(2, 4, 6, 5)
POSITIVE = data(2, 3, low=0.1, high=0.9)
Case = tuple[str, list[np.ndarray], dict[str, Any], list[np.ndarray]]

# Operator, inputs that are fed, attributes, constants behind them.
CASES: list[Case] = [
    *((name, [POSITIVE], {}, []) for name in (
        "Abs", "Acos", "Asin", "Atan", "Atanh", "Ceil", "Cos", "Cosh", "Erf", "Exp", "Floor", "Identity", "Log", "Neg",
        "Reciprocal", "Relu", "Sigmoid", "Sign", "Sin", "Sinh", "Softsign", "Softplus", "Sqrt", "Tan", "Tanh", "Elu",
        "Selu", "Gelu", "LeakyRelu", "HardSigmoid", "HardSwish",
    )),
    *((name, [data(2, 3)], {}, []) for name in ("Elu", "Selu", "Gelu", "LeakyRelu", "HardSigmoid", "HardSwish")),
    ("LeakyRelu", [data(2, 3)], {"alpha": 0.3}, []),
    ("Round", [np.array([[-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.7, -0.7]], np.float32)], {}, []),
    *((name, [data(2, 3), data(2, 3)], {}, []) for name in ("Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean")),
    *((name, [data(2, 1, 3), data(4, 1)], {}, []) for name in ("Add", "Sub", "Mul", "Div", "Max", "Min")),
    *((name, [data(2, 3)], {}, [np.array(1.5, np.float32)]) for name in ("Add", "Sub", "Mul", "Div", "Max", "Min")),
    *((name, [data(2, 3)], {}, [data(1, 3)]) for name in ("Add", "Sub", "Mul", "Div")),
    ("Add", [data(3)], {}, [data(1, 1)]),
    ("Pow", [POSITIVE], {}, [np.array(2.5, np.float32)]),
    ("PRelu", [IMAGE], {}, [data(4, 1, 1)]),
    ("Clip", [data(2, 3)], {}, [np.array(-0.5, np.float32), np.array(0.5, np.float32)]),
    ("Cast", [data(2, 3)], {"to": TensorProto.INT32}, []),
    ("Conv", [IMAGE], {"pads": [1, 1, 1, 1], "strides": [2, 1]}, [data(3, 4, 3, 3), data(3)]),
    ("Conv", [IMAGE], {"pads": [0, 1, 2, 1], "dilations": [1, 2]}, [data(3, 4, 3, 2)]),
    ("Conv", [IMAGE], {"auto_pad": "SAME_UPPER", "strides": [2, 2]}, [data(3, 4, 3, 3)]),
    ("Conv", [IMAGE], {"auto_pad": "SAME_LOWER"}, [data(3, 4, 2, 2)]),
    ("Conv", [IMAGE], {"group": 2}, [data(6, 2, 3, 3), data(6)]),
    ("Conv", [data(2, 3, 8)], {"pads": [0, 2]}, [data(4, 3, 3)]),
    ("ConvTranspose", [IMAGE], {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]}, [data(4, 3, 3, 3)]),
    ("ConvTranspose", [IMAGE], {"group": 2}, [data(4, 3, 3, 3), data(6)]),
    ("MaxPool", [IMAGE], {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 1, 1, 1]}, []),
    ("MaxPool", [IMAGE], {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}, []),
    ("MaxPool", [IMAGE], {"kernel_shape": [3, 3], "pads": [0, 0, 1, 2]}, []),
    ("AveragePool", [IMAGE], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}, []),
    ("AveragePool", [IMAGE], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}, []),
    ("GlobalAveragePool", [IMAGE], {}, []),
    ("GlobalMaxPool", [IMAGE], {}, []),
    ("BatchNormalization", [IMAGE], {"epsilon": 1e-3}, [data(4), data(4), data(4), data(4, low=0.5)]),
    ("InstanceNormalization", [IMAGE], {}, [data(4), data(4)]),
    ("LayerNormalization", [data(2, 3, 4)], {}, [data(4), data(4)]),
    ("LRN", [IMAGE], {"size": 3, "alpha": 0.01}, []),
    ("LpNormalization", [data(2, 3)], {"axis": 1}, []),
    ("Softmax", [data(2, 3, 4)], {"axis": 1}, []),
    ("LogSoftmax", [data(2, 3, 4)], {}, []),
    ("Gemm", [data(2, 3)], {"transB": 1}, [data(4, 3), data(4)]),
    ("Gemm", [data(3, 2)], {"transA": 1, "alpha": 0.5, "beta": 2.0}, [data(3, 4), data(1, 4)]),
    ("Gemm", [data(2, 3)], {"transB": 1}, [data(4, 3)]),
    ("MatMul", [data(2, 5, 3)], {}, [data(3, 4)]),
    ("MatMul", [data(2, 5, 3), data(2, 3, 4)], {}, []),
    ("Reshape", [data(2, 3, 4)], {}, [ints(0, -1)]),
    ("Flatten", [data(2, 3, 4)], {"axis": 2}, []),
    ("Flatten", [data(2, 3, 4)], {}, []),
    ("Transpose", [data(2, 3, 4)], {"perm": [2, 0, 1]}, []),
    ("Transpose", [data(2, 3)], {}, []),
    ("Squeeze", [data(2, 1, 3, 1)], {}, [ints(1, 3)]),
    ("Unsqueeze", [data(2, 3)], {}, [ints(0, -1)]),
    ("Concat", [data(2, 3), data(2, 1)], {"axis": 1}, []),
    ("Split", [data(2, 6)], {"axis": 1}, [ints(1, 2, 3)]),
    ("Split", [data(2, 6)], {"axis": 1}, [ints(3, 3)]),
    ("Slice", [data(5, 6)], {}, [ints(1, -4), ints(9, -1), ints(0, 1), ints(2, 1)]),
    ("Slice", [data(5, 6)], {}, [ints(-1), ints(-9), ints(1), ints(-2)]),
    ("Slice", [data(5, 6)], {}, [ints(2), ints(2**63 - 1)]),
    ("Gather", [data(5, 6)], {"axis": 1}, [ints(0, -1, 3)]),
    ("Gather", [data(5, 6)], {}, [np.array(-1)]),
    ("GatherND", [data(3, 4)], {}, [np.array([[0, 1], [2, 3]])]),
    ("Expand", [data(2, 1)], {}, [ints(3, 1, 4)]),
    ("Tile", [data(2, 3)], {}, [ints(2, 1)]),
    ("Pad", [IMAGE], {}, [ints(0, 0, 1, 2, 0, 0, 3, 0), np.array(0.5, np.float32)]),
    ("Pad", [IMAGE], {"mode": "reflect"}, [ints(0, 0, 1, 2, 0, 0, 1, 0)]),
    ("Pad", [data(2, 3)], {"mode": "edge"}, [ints(1, 0, 0, 2)]),
    ("Pad", [data(2, 3)], {}, [ints(1, 0, 0, 2), np.array(7, np.float32)]),
    ("DepthToSpace", [IMAGE], {"blocksize": 2}, []),
    ("SpaceToDepth", [data(1, 2, 4, 6)], {"blocksize": 2}, []),
    *((f"Reduce{kind}", [data(2, 3, 4, low=0.1)], {"keepdims": 0}, []) for kind in (
        "Max", "Mean", "Min", "Prod", "Sum", "L1", "L2", "SumSquare", "LogSum", "LogSumExp",
    )),
    ("ReduceSum", [data(2, 3, 4)], {}, [ints(0, -1)]),
    ("ArgMax", [data(2, 3, 4)], {"axis": 1, "keepdims": 0}, []),
    ("ArgMin", [data(2, 3, 4)], {"axis": -1}, []),
    ("TopK", [data(2, 6)], {}, [ints(3)]),
    ("CumSum", [data(2, 3)], {}, [np.array(1)]),
    ("Where", [data(2, 3)], {}, []),
    ("LSTM", [data(5, 2, 3)], {"hidden_size": 4}, [data(1, 16, 3), data(1, 16, 4), data(1, 32)]),
    ("LSTM", [data(5, 2, 3)], {"hidden_size": 4, "direction": "bidirectional"}, [data(2, 16, 3), data(2, 16, 4)]),
    ("GRU", [data(5, 2, 3)], {"hidden_size": 4, "linear_before_reset": 1}, [data(1, 12, 3), data(1, 12, 4)]),
    ("RNN", [data(5, 2, 3)], {"hidden_size": 4}, [data(1, 4, 3), data(1, 4, 4), data(1, 8)]),
]  # fmt: skip
_OUTPUTS = {"TopK": 2, "LSTM": 3, "GRU": 2, "RNN": 2}


def model(case: Case) -> onnx.ModelProto:
    operator, fed, attributes, constants = case
    names = [f"x{number}" for number in range(len(fed))]
    fixed = [f"c{number}" for number in range(len(constants))]
    nodes = []
    if operator == "Where":
        nodes.append(helper.make_node("Greater", ["x0", "zero"], ["condition"], name="greater"))
        nodes.append(helper.make_node("Where", ["condition", "x0", "zero"], ["y0"], name="node"))
        constants, fixed = [np.zeros((1, 1), np.float32)], ["zero"]
    else:
        count = len(constants[0]) if operator == "Split" else _OUTPUTS.get(operator, 1)
        outputs = [f"y{number}" for number in range(count)]
        nodes.append(helper.make_node(operator, names + fixed, outputs, name="node", **attributes))
    graph = helper.make_graph(
        nodes,
        "one",
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, each.shape)
            for name, each in zip(names, fed, strict=True)
        ],
        [onnx.ValueInfoProto(name=name) for name in nodes[-1].output],
        [numpy_helper.from_array(each, name) for name, each in zip(fixed, constants, strict=True)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_operator(case: Case, tmp_path: Any) -> None:
    made = model(case)
    onnx.save(made, tmp_path / "one.onnx")
    feeds = {f"x{number}": each for number, each in enumerate(case[1])}
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    expected = session.run(None, feeds)
    symbol, arguments, auxiliary = mx.contrib.onnx.import_model(tmp_path / "one.onnx")
    arrays = {name: mx.nd.array(each) for name, each in feeds.items()}
    outputs = symbol.bind(mx.cpu(), {**arrays, **arguments}, aux_states=auxiliary).forward()
    assert len(outputs) == len(expected)
    for output, wanted in zip(outputs, expected, strict=True):
        assert output.shape == (wanted.shape or (1,))
        np.testing.assert_allclose(output.asnumpy(), wanted, rtol=1e-4, atol=1e-5)
