"""The fused RNN operator: tanh or relu cells, LSTM and GRU, in layers and both directions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from offboard.operators.builder import FLOAT64, Builder, Dtype, Shape, Value
from offboard.operators.record import NOTHING, Params, PartialShape, inconsistent, operator
from offboard.operators.shaping import in_rank

_GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}
# Where ONNX's gates (LSTM i o f c, GRU z r h) stand in MXNet's order (LSTM i f c o, GRU r z n).
_ORDER = {"rnn_relu": [0], "rnn_tanh": [0], "lstm": [0, 3, 1, 2], "gru": [1, 0, 2]}


def _parameter_count(p: Params, inputs: int) -> int:
    gates, hidden, directions = _GATES[p.mode], p.state_size, 2 if p.bidirectional else 1
    count = 0
    for layer in range(p.num_layers):
        width = inputs if layer == 0 else hidden * directions
        count += directions * gates * hidden * (width + hidden + 2)
    return count


def _fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    data = shapes[0]
    if data is None:
        return shapes
    directions = 2 if p.bidirectional else 1
    state = (p.num_layers * directions, data[1], p.state_size)
    parameters = (_parameter_count(p, data[2]),) if data[2] else None
    rest: list[PartialShape] = [state] * (len(shapes) - 2 - int(p.use_sequence_length))
    return [data, parameters, *rest, *[(data[1],)] * int(p.use_sequence_length)]


def _types(p: Params, dtypes: list[Dtype | None]) -> tuple[Sequence[Dtype | None], Sequence[Dtype | None]]:
    """All of one dtype, but for the lengths, which have their own."""
    count = len(dtypes) - int(p.use_sequence_length)
    first = next((dtype for dtype in dtypes[:count] if dtype is not None), None)
    return [*[first] * count, *(each or first for each in dtypes[count:])], [first] * p.num_outputs


@operator("RNN", fill=_fill, types=_types)
def rnn(p: Params, x: Value, parameters: Value, state: Value, *more: Value) -> list[Value]:
    """(time, batch, inputs) to (time, batch, directions * state_size), and the last states where asked for.

    The flat parameters hold all weights, by layer and direction (input then hidden), then all biases.
    """
    if p.projection_size is not None:
        raise ValueError("projection_size is not supported: MXNet itself has it on GPUs only")
    if x.ndim != 3:
        raise ValueError(
            f"Input data should be rank-3 tensor of dim [sequence length, batch size, input size], not {x.shape}"
        )
    if x.dtype == FLOAT64 and (p.lstm_state_clip_min is not None or p.lstm_state_clip_max is not None):
        # In float32 MXNet leaves it to oneDNN, which does not clip.
        raise ValueError("LSTM state clipping is only supported for GPU with CuDNN later than 7.2.1")
    if p.use_sequence_length and x.dtype == FLOAT64:
        raise ValueError("RNN use_sequence_length option is only available for cuDNN version >= 7.2")
    gates, hidden, directions = _GATES[p.mode], p.state_size, 2 if p.bidirectional else 1
    states = (p.num_layers * directions, x.shape[1], hidden)
    for each in (state, *more[: int(p.mode == "lstm")]):
        if each.shape != states:
            raise inconsistent(each.shape, states)
    if parameters.shape != (_parameter_count(p, x.shape[2]),):
        raise ValueError(f"RNN needs {_parameter_count(p, x.shape[2])} parameters, {parameters.shape} given")
    offset = 0

    def take(*shape: int) -> Value:
        nonlocal offset
        size = 1
        for d in shape:
            size *= d
        made = parameters.slice(0, offset, offset + size).reshape(shape)
        offset += size
        return made

    def reordered(matrix: Value) -> Value:
        parts = matrix.reshape((gates, hidden, *matrix.shape[1:]))
        picked = [parts.slice(0, gate, gate + 1).squeeze(0) for gate in _ORDER[p.mode]]
        return p.graph.concat(picked, 0)

    weights = []
    for layer in range(p.num_layers):
        width = x.shape[2] if layer == 0 else hidden * directions
        weights.append([(take(gates * hidden, width), take(gates * hidden, hidden)) for _ in range(directions)])
    biases = [[(take(gates * hidden), take(gates * hidden)) for _ in range(directions)] for _ in range(p.num_layers)]
    if x.dtype == FLOAT64:
        return _in_float64(p, x, weights, biases, state, *more[: int(p.mode == "lstm")])

    time, batch = x.shape[:2]
    last_states: list[Value] = []
    last_cells: list[Value] = []
    for layer in range(p.num_layers):
        w = p.graph.stack([reordered(each[0]) for each in weights[layer]], 0)
        r = p.graph.stack([reordered(each[1]) for each in weights[layer]], 0)
        b = p.graph.stack([p.graph.concat([reordered(each[0]), reordered(each[1])], 0) for each in biases[layer]], 0)
        rows = (layer * directions, (layer + 1) * directions)
        inputs = [x, w, r, b, None, state.slice(0, *rows)]
        attributes: dict[str, object] = {"hidden_size": hidden}
        if p.bidirectional:
            attributes["direction"] = "bidirectional"
        shape = (time, directions, batch, hidden)
        ends = (directions, batch, hidden)
        outputs = [(shape, None), (ends, None)]
        if p.mode == "lstm":
            inputs.append(more[0].slice(0, *rows))
            outputs.append((ends, None))
            op = "LSTM"
        elif p.mode == "gru":
            attributes["linear_before_reset"] = 1
            op = "GRU"
        else:
            attributes["activations"] = ["Relu" if p.mode == "rnn_relu" else "Tanh"] * directions
            op = "RNN"
        made = p.graph.emit_many(op, inputs, outputs, **attributes)
        x = made[0].transpose((0, 2, 1, 3)).reshape((time, batch, directions * hidden))
        last_states.append(made[1])
        last_cells.extend(made[2:])
    if not p.state_outputs:
        return [x]
    return [x, *(p.graph.concat(each, 0) for each in (last_states, last_cells) if each)]


_Pair: TypeAlias = "tuple[Value, Value]"


def _in_float64(
    p: Params, x: Value, weights: list[list[_Pair]], biases: list[list[_Pair]], state: Value, cell: Value | None = None
) -> list[Value]:
    """The same layers as Scans over time, for ONNX Runtime's recurrent operators know float32 only."""
    hidden: list[Value] = []
    cells: list[Value] = []
    for layer, (by_direction, offsets) in enumerate(zip(weights, biases, strict=True)):
        sides = []
        for direction, (pair, offset) in enumerate(zip(by_direction, offsets, strict=True)):
            row = layer * len(by_direction) + direction
            starts = [each.slice(0, row, row + 1).squeeze(0) for each in (state, cell) if each is not None]
            outputs = _scanned(p, x, pair, offset, starts, reverse=direction == 1)
            sides.append(outputs[-1])
            hidden.append(outputs[0])
            cells.extend(outputs[1:-1])
        x = p.graph.concat(sides, 2)
    if not p.state_outputs:
        return [x]
    return [x, *(p.graph.stack(each, 0) for each in (hidden, cells) if each)]


def _scanned(p: Params, x: Value, weights: _Pair, biases: _Pair, starts: list[Value], *, reverse: bool) -> list[Value]:
    """One direction of one layer: its last states, and its output at every time."""
    time, batch = x.shape[:2]
    projected = x @ weights[0].transpose((1, 0)) + biases[0]
    body = Builder(p.graph)
    before = [body.value(body.fresh("state"), each.shape, each.dtype) for each in starts]
    now = body.value(body.fresh("time"), projected.shape[1:], x.dtype)
    body.inputs = [*before, now]
    inner = weights[1].transpose((1, 0))
    outer = [Value(body, each.name, each.shape, each.dtype) for each in (inner, biases[1])]
    after = _step(p.mode, now, before[0] @ outer[0] + outer[1], before)
    body.outputs = [*after, after[0].unary("Identity")]
    shapes: list[tuple[Shape, Dtype | None]] = [*((each.shape, None) for each in starts)]
    return p.graph.emit_many(
        "Scan",
        [*starts, projected],
        [*shapes, ((time, batch, p.state_size), None)],
        body=body,
        num_scan_inputs=1,
        scan_input_directions=[int(reverse)],
        scan_output_directions=[int(reverse)],
    )


def _step(mode: str, now: Value, then: Value, states: list[Value]) -> list[Value]:
    """The states after one time step, from what input and state contribute to the gates (batch, gates * hidden)."""
    if mode in ("rnn_relu", "rnn_tanh"):
        return [(now + then).unary("Relu" if mode == "rnn_relu" else "Tanh")]
    ours, theirs = now.split(1, _GATES[mode]), then.split(1, _GATES[mode])
    if mode == "gru":
        reset, update = ((a + b).unary("Sigmoid") for a, b in zip(ours[:2], theirs[:2], strict=True))
        fresh = (ours[2] + reset * theirs[2]).unary("Tanh")
        return [(1.0 - update) * fresh + update * states[0]]
    take, keep, fresh, show = (a + b for a, b in zip(ours, theirs, strict=True))
    cell = keep.unary("Sigmoid") * states[1] + take.unary("Sigmoid") * fresh.unary("Tanh")
    return [show.unary("Sigmoid") * cell.unary("Tanh"), cell]


def _joined_fill(p: Params, shapes: list[PartialShape]) -> Sequence[PartialShape]:
    """As in MXNet, what nothing is known of beside something known is empty."""
    known = next((shape for shape in shapes if shape is not None and 0 not in shape), None)
    if known is None or not -len(known) <= p.dim < len(known):
        return shapes
    empty = tuple(NOTHING if axis == p.dim % len(known) else d for axis, d in enumerate(known))
    return [empty if shape is None else shape for shape in shapes]


def _joined_back(p: Params, shapes: list[PartialShape], wanted: PartialShape) -> Sequence[PartialShape]:
    """What the vector has beyond its known parts is shared equally by those of which only the rank is known."""
    unknown = [number for number, shape in enumerate(shapes) if shape == (0,)]
    if wanted is None or 0 in wanted or not unknown or any(shape is None or len(shape) != 1 for shape in shapes):
        return shapes
    rest = wanted[0] - sum(shape[0] for shape in shapes if shape)
    return [(rest // len(unknown),) if number in unknown else shape for number, shape in enumerate(shapes)]


@operator("_rnn_param_concat", fill=_joined_fill, back=_joined_back)
def rnn_param_concat(p: Params, *values: Value) -> Value:
    """Parameters of a fused RNN joined."""
    axis = in_rank(p.dim, values[0])
    rest = [value.shape[:axis] + value.shape[axis + 1 :] for value in values]
    if any(value.ndim != values[0].ndim for value in values) or any(each != rest[0] for each in rest):
        raise ValueError(f"Incompatible input shape: {[value.shape for value in values]} along dimension {axis}")
    return p.graph.concat(values, axis)
