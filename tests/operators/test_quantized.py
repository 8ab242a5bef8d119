"""8-bit operators: levels, ranges, rounding and saturation as MXNet 1.9.1 has them on CPUs."""

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.errors import MXNetError


def run(operator: str, arrays: dict[str, np.ndarray], **attrs: object) -> list[np.ndarray]:
    variables = {name: mx.sym.var(name) for name in arrays}
    symbol = getattr(mx.sym.contrib, operator)(**variables, **attrs)
    given = {name: mx.nd.array(array, dtype=array.dtype) for name, array in arrays.items()}
    arguments = {name: given[name] for name in symbol.list_arguments()}
    auxiliary = {name: given[name] for name in symbol.list_auxiliary_states()}
    executor = symbol.bind(mx.cpu(), arguments, aux_states=auxiliary, grad_req="null")
    return [each.asnumpy() for each in executor.forward()]


def ends(name: str, low: float, high: float) -> dict[str, np.ndarray]:
    return {f"min_{name}": np.array([low], np.float32), f"max_{name}": np.array([high], np.float32)}


DATA = np.array([-5, -1, -0.5, 0, 0.999, 1.5, 7, np.inf, -np.inf, np.nan], np.float32)


def test_quantize_has_127_levels() -> None:
    made, low, high = run("quantize", {"data": DATA, **ends("range", -1, 2)}, out_type="int8")
    # 63.5 levels to 1; half to even.
    assert made.tolist() == [-128, -64, -32, 0, 63, 95, 127, 127, -128, 127]
    assert (low, high) == (-2, 2)


def test_quantize_v2_has_half_a_level_more() -> None:
    made, low, high = run("quantize_v2", {"data": DATA}, out_type="int8", min_calib_range=-1, max_calib_range=2)
    assert made.tolist() == [-128, -64, -32, 0, 64, 96, 127, 127, -128, 127]
    assert (low, high) == (-2, 2)
    made, low, high = run("quantize_v2", {"data": DATA}, out_type="uint8", min_calib_range=-1, max_calib_range=2)
    assert made.tolist() == [0, 0, 0, 0, 128, 192, 255, 255, 0, 0]
    assert (low, high) == (-1, 2)


def test_quantize_v2_finds_the_range_of_the_data() -> None:
    made, low, high = run("quantize_v2", {"data": np.array([np.nan, 1, -2], np.float32)}, out_type="int8")
    assert made.tolist() == [127, 64, -128]
    assert (low, high) == (-2, 2)


@pytest.mark.parametrize(("low", "dtype"), [(0.0, np.uint8), (-0.1, np.int8)])
def test_quantize_v2_chooses_its_type(low: float, dtype: type) -> None:
    made, *_ = run("quantize_v2", {"data": DATA}, out_type="auto", min_calib_range=low, max_calib_range=1)
    assert made.dtype == dtype


def test_integers_pass_quantize_v2() -> None:
    made, low, high = run("quantize_v2", {"data": np.array([1, -128], np.int8)}, out_type="int8")
    assert made.tolist() == [1, -128]
    assert (low, high) == (-127.5, 127.5)


def test_dequantize_undoes_it() -> None:
    (made,) = run("dequantize", {"data": np.array([51, -102], np.int8), **ends("range", -2.5, 1)})
    np.testing.assert_allclose(made, [1, -2], rtol=1e-6)


def test_requantize_by_calibration_and_by_the_data() -> None:
    data = {"data": np.array([1_000_000, -2_000_000, 0], np.int32), **ends("range", -1000, 800)}
    # A million is 1e6 * 1000 / 2^31 = 0.46566.
    made, low, high = run("requantize", data, min_calib_range=-3, max_calib_range=10)
    assert made.tolist() == [6, -12, 0]
    assert (low, high) == (-10, 10)
    made, low, high = run("requantize", data)
    assert made.tolist() == [64, -127, 0]
    np.testing.assert_allclose([low[0], high[0]], [-0.931323, 0.931323], rtol=1e-6)


def test_rectified_uint8_is_read_as_int8() -> None:
    made, *_ = run("quantized_act", {"data": np.array([216, 5], np.uint8), **ends("data", -1, 2)}, act_type="relu")
    assert made.dtype == np.int8
    assert made.tolist() == [-40, 5]


def test_average_pooling_rounds_and_counts_whole_windows() -> None:
    data = np.array([[[[44, -81, -11], [123, 67, -25], [-107, 114, -92]]]], np.int8)
    arrays = {"data": data, **ends("data", -1, 2)}
    whole = {"kernel": (2, 2), "stride": (2, 2), "pooling_convention": "full"}
    made, *_ = run("quantized_pooling", arrays, pool_type="avg", **whole)
    # 153/4, -36/4, 7/4, -92/4: the last windows reach beyond the data.
    assert made.tolist() == [[[[38, -9], [2, -23]]]]
    made, *_ = run("quantized_pooling", arrays, pool_type="avg", count_include_pad=False, **whole)
    assert made.tolist() == [[[[38, -18], [4, -92]]]]
    made, *_ = run("quantized_pooling", arrays, pool_type="max", **whole)
    assert made.tolist() == [[[[123, -11], [114, -92]]]]


PAIR = {"lhs": np.array([44, -81], np.int8), "rhs": np.array([67, -25], np.int8)}
PAIR_ENDS = {
    name: np.array([value], np.float32)
    for name, value in (("lhs_min", -1), ("lhs_max", 2), ("rhs_min", -3), ("rhs_max", 1))
}


def test_sums_have_room_or_a_calibrated_range() -> None:
    made, low, high = run("quantized_elemwise_add", {**PAIR, **PAIR_ENDS})
    # 44 * 2 + 67 * 3 and -81 * 2 - 25 * 3, of 127.5 * 5.
    np.testing.assert_allclose(made, np.array([289, -237]) / 637.5 * 2**31, rtol=1e-6)
    assert made.dtype == np.int32
    assert (low, high) == (-5, 5)
    made, low, high = run("quantized_elemwise_add", {**PAIR, **PAIR_ENDS}, min_calib_range=-3, max_calib_range=2)
    assert made.tolist() == [96, -79]
    assert (low, high) == (-3, 2)


def test_products_are_whole_or_truncated() -> None:
    made, _, high = run("quantized_elemwise_mul", {**PAIR, **PAIR_ENDS})
    assert made.tolist() == [2948, 2025]
    np.testing.assert_allclose(high, 2**31 * 2 / 127 * 3 / 127, rtol=1e-6)
    made, *_ = run("quantized_elemwise_mul", {**PAIR, **PAIR_ENDS}, min_calib_range=-3, max_calib_range=2)
    # 2948 * 2 * 3 / 127.5 / 3 = 46.2, 2025 / 63.75 = 31.8
    assert made.tolist() == [46, 31]
    (made,) = run("quantized_elemwise_mul", {**PAIR, **PAIR_ENDS}, enable_float_output=True)
    np.testing.assert_allclose(made, np.array([2948, 2025]) * 6 / 127.5**2, rtol=1e-6)


def test_concat_takes_the_widest_range() -> None:
    arrays = {"arg0": np.array([[44, -81]], np.int8), "arg1": np.array([[58]], np.uint8)}
    for index, (low, high) in enumerate(((-1, 2), (-3, 1))):
        arrays[f"arg{index}_min"] = np.array([low], np.float32)
        arrays[f"arg{index}_max"] = np.array([high], np.float32)
    made, low, high = run("quantized_concat", arrays, dim=1, num_args=2)
    assert made.dtype == np.int8
    assert made.tolist() == [[29, -54, 29]]
    assert (low, high) == (-3, 2)


def test_batch_norm_needs_calibration() -> None:
    arrays = {"data": np.array([[44, -61]], np.int8), **ends("data", -1, 2)}
    for name, values in (("gamma", [0.5, 1.5]), ("beta", [0.1, -0.2]), ("moving_mean", [0.2, -0.1])):
        arrays[name] = np.array(values, np.float32)
    arrays["moving_var"] = np.array([0.5, 1], np.float32)
    # 44 * 2 / 127.5 = 0.690 becomes 0.447; of 3 that is 19.0 levels.
    made, *_ = run("quantized_batch_norm", arrays, min_calib_range=-3, max_calib_range=2)
    assert made.tolist() == [[19, -63]]
    with pytest.raises(MXNetError, match="calib"):
        run("quantized_batch_norm", arrays)


RANDOM = np.random.default_rng(5)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_dense_products_are_exact(dtype: type) -> None:
    info = np.iinfo(dtype)
    data = RANDOM.integers(info.min, info.max, (3, 1000), endpoint=True).astype(dtype)
    weight = RANDOM.integers(-128, 127, (2, 1000), endpoint=True).astype(np.int8)
    arrays = {"data": data, "weight": weight, **ends("data", -1, 2), **ends("weight", -3, 1)}
    made, low, high = run("quantized_fully_connected", arrays, num_hidden=2, no_bias=True)
    np.testing.assert_array_equal(made, data.astype(int) @ weight.T.astype(int))
    levels = 127 if dtype == np.int8 else 255
    np.testing.assert_allclose([low[0], high[0]], np.array([-1, 1]) * 2**31 * 2 / levels * 3 / 127, rtol=1e-6)


def test_a_bias_is_brought_to_the_products_levels() -> None:
    arrays = {
        "data": np.array([[10, -20]], np.int8), "weight": np.array([[3, 4]], np.int8), "bias": np.array([127], np.int8),
        **ends("data", -1, 2), **ends("weight", -3, 1), **ends("bias", -0.5, 0.7),
    }  # fmt: skip
    made, *_ = run("quantized_fully_connected", arrays, num_hidden=1)
    # 127 * (63.75 * 42.5 * 0.7 / 127.5) = 1889.1
    assert made.tolist() == [[-50 + 1889]]


def test_convolution_of_uint8() -> None:
    data = RANDOM.integers(0, 255, (1, 3, 4, 5), endpoint=True).astype(np.uint8)
    weight = RANDOM.integers(-128, 127, (2, 3, 2, 3), endpoint=True).astype(np.int8)
    arrays = {"data": data, "weight": weight, "bias": np.array([5, -7], np.int8), **ends("data", 0, 2)}
    arrays |= {**ends("weight", -3, 1), **ends("bias", -1, 1)}
    made, *_ = run("quantized_conv", arrays, kernel=(2, 3), num_filter=2, pad=(1, 0))
    padded = np.pad(data.astype(int), ((0, 0), (0, 0), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2, 3), (2, 3))
    expected = np.einsum("nchwij,ocij->nohw", windows, weight.astype(int)) + np.array([5, -7]).reshape(1, 2, 1, 1)
    np.testing.assert_array_equal(made, expected)
    arrays["data"] = data.astype(np.int8)
    with pytest.raises(MXNetError, match="uint8"):
        run("quantized_conv", arrays, kernel=(2, 3), num_filter=2, pad=(1, 0))


def test_quantized_lstm_is_the_lstm_of_the_numbers() -> None:
    data = RANDOM.integers(0, 255, (2, 3, 4), endpoint=True).astype(np.uint8)
    parameters = RANDOM.uniform(-1, 1, 4 * 5 * (4 + 5 + 2)).astype(np.float32)
    states = {"state": np.zeros((1, 3, 5), np.float32), "state_cell": np.zeros((1, 3, 5), np.float32)}
    arrays = {"data": data, "parameters": parameters, **states}
    arrays |= {"min_data": np.array([100], np.float32), "max_data": np.array([128], np.float32)}
    sizes = {"state_size": 5, "num_layers": 1, "mode": "lstm"}
    (made,) = run("quantized_rnn", arrays, **sizes)
    numbers = mx.nd.array((data.astype(np.float32) - 128) / 100)
    given = [mx.nd.array(each) for each in (parameters, *states.values())]
    np.testing.assert_allclose(made, mx.nd.RNN(numbers, *given, **sizes).asnumpy(), rtol=1e-5)


def test_asymmetric_quantization_uses_all_of_uint8() -> None:
    made, scale, shift = run("quantize_asym", {"data": np.array([-1, 0, 3], np.float32)})
    assert made.tolist() == [0, 64, 255]
    np.testing.assert_allclose([scale[0], shift[0]], [63.75, 63.75])


def test_shapes_and_types_of_parameters_are_inferred() -> None:
    symbol = mx.sym.contrib.quantized_fully_connected(mx.sym.var("data"), num_hidden=3, name="fc")
    arguments, outputs, _ = symbol.infer_shape(data=(2, 5))
    assert arguments == [(2, 5), (3, 5), (3,), *[(1,)] * 6]
    assert outputs == [(2, 3), (1,), (1,)]
    kinds = symbol.infer_type(data="uint8")
    assert kinds[0] == [np.uint8, np.int8, np.int8, *[np.float32] * 6]
    assert kinds[1] == [np.int32, np.float32, np.float32]
