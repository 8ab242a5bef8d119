"""Corners in which MXNet 1.9.1 was found to differ from what one expects: its values, and what it refuses."""

from typing import Any

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.errors import MXNetError
from offboard.runtime.imperative import invoke

F16, F32, F64, I32, U8 = np.float16, np.float32, np.float64, np.int32, np.uint8


def array(values: Any, dtype: Any = F32) -> np.ndarray:
    return np.array(values, dtype)


# Operator, parameters, inputs, outputs.
VALUES: list[tuple[str, dict[str, str], list[np.ndarray], list[np.ndarray]]] = [
    # A vector is a batch of single numbers to a fully connected layer.
    (
        "FullyConnected",
        {"num_hidden": "2"},
        [array([1, 2, 3]), array([[1], [10]]), array([0, 5])],
        [array([[1, 15], [2, 25], [3, 35]])],
    ),
    # The oldest pooling finds no number at all in a window beyond everything.
    (
        "Pooling_v1",
        {"kernel": "(2, 2)", "stride": "(3, 3)", "pooling_convention": "full"},
        [np.ones((1, 1, 2, 3), F32)],
        [array([[[[1, -np.inf]]]])],
    ),
    (
        "Pooling_v1",
        {"kernel": "(1, 2)", "stride": "(1, 3)", "pooling_convention": "full"},
        [np.ones((1, 1, 1, 6), F32)],
        [array([[[[1, 1, -np.inf]]]])],
    ),
    # A range is made in its type's own arithmetic: a step of 0.5 is none in integers, and -1 wraps.
    ("_arange", {"start": "1", "stop": "4", "step": "0.5", "dtype": "int32"}, [], [array([1] * 6, I32)]),
    ("_arange", {"start": "-1.7", "stop": "2", "step": "1.6", "dtype": "int32"}, [], [array([-1, 0, 1], I32)]),
    ("_arange", {"start": "-1", "stop": "2", "dtype": "uint8"}, [], [array([255, 0, 1], U8)]),
    ("_arange", {"start": "1", "stop": "2", "step": "0.5", "repeat": "2"}, [], [array([1, 1, 1.5, 1.5])]),
    ("_arange", {"start": "1.7", "stop": "5", "step": "1.6", "dtype": "float16"}, [], [array([1, 2, 3], F16)]),
    (
        "_contrib_arange_like",
        {"start": "-1.5", "step": "2.5", "repeat": "2"},
        [array([0] * 3, np.int8)],
        [array([-1, -1, 1], np.int8)],
    ),
    # Mixed precision goes to float32 where that is among the inputs, and leaves float64 alone.
    (
        "amp_multicast",
        {"num_outputs": "3"},
        [array([1.5], F16), array([2], F32), array([3], F64)],
        [array([1.5], F32), array([2], F32), array([3], F64)],
    ),
    ("amp_multicast", {"num_outputs": "2"}, [array([3], F64), array([1.5], F16)], [array([3], F64), array([1.5], F64)]),
    (
        "amp_multicast",
        {"num_outputs": "2", "cast_narrow": "True"},
        [array([1.5], F32), array([2], F16)],
        [array([1.5], F16), array([2], F16)],
    ),
    ("amp_cast", {"dtype": "int32"}, [array([1.5], F64)], [array([1.5], F64)]),
    # The threshold is no float16.
    (
        "_contrib_bipartite_matching",
        {"threshold": "1e-12", "is_ascend": "True"},
        [array([[0], [1], [4]], F16)],
        [array([0, -1, -1], F16), array([0], F16)],
    ),
    # Densities are computed whatever the parameters say, but a logarithm of a negative number is NaN.
    ("_random_pdf_uniform", {}, [array([1]), array([2]), array([1])], [array([-1])]),
    ("_random_pdf_uniform", {"is_log": "True"}, [array([1]), array([2]), array([1])], [array([np.nan])]),
    ("_random_pdf_normal", {}, [array([1]), array([2]), array([-1])], [array([-0.24197071])]),
    ("_random_pdf_exponential", {}, [array([1]), array([-2])], [array([-2 * np.exp(2)])]),
    # What is looked at for its shape may have any dtype.
    ("slice_like", {}, [array([1, 2, 3]), array([0, 0], I32)], [array([1, 2])]),
    ("broadcast_like", {}, [array([1]), array([0, 0], I32)], [array([1, 1])]),
    ("reshape_like", {}, [array([1, 2]), array([[0], [0]], I32)], [array([[1], [2]])]),
    # Two dimensions are samples and channels; alpha 1, beta 1, one channel a window.
    ("LRN", {"nsize": "1", "alpha": "1", "beta": "1", "knorm": "1"}, [array([[1, 2]])], [array([[0.5, 0.4]])]),
    # Of int64 the lower half says which.
    (
        "one_hot",
        {"depth": "2"},
        [np.array([2**32, -(2**63), 1, 2])],
        [array([[1, 0], [1, 0], [0, 1], [0, 0]])],
    ),
    # What float64 has no nearer number for than 1 is 1, all else is 0.
    ("tanh", {}, [array([-20, -19, 18, 20, 0], I32)], [array([-1, 0, 0, 1, 0], I32)]),
    # oneDNN, which has float32 of up to 5 dimensions, makes NaN 0.
    ("Activation", {"act_type": "relu"}, [array([np.nan, -1, 2])], [array([0, 0, 2])]),
    ("Activation", {"act_type": "relu"}, [array([[[[[[np.nan, -1]]]]]])], [array([[[[[[np.nan, 0]]]]]])]),
    ("Activation", {"act_type": "relu"}, [array([np.nan, -1, 2], F64)], [array([np.nan, 0, 2], F64)]),
    ("Activation", {"act_type": "relu"}, [array([np.nan, -1, 2], F16)], [array([np.nan, 0, 2], F16)]),
    # An edge that float16 does not hold.
    ("smooth_l1", {"scalar": "0.001"}, [array([np.inf, 70], F16)], [array([np.inf, 0.00245], F16)]),
    # Rows lie along the last axis.
    (
        "batch_take",
        {},
        [np.arange(12, dtype=F32).reshape(1, 2, 2, 3), array([0, 1, 2, 5], I32)],
        [array([0, 4, 8, 11])],
    ),
    # Finite where the exponential is not.
    ("cosh", {}, [array([89, -89])], [array([2.244806e38] * 2)]),
    ("sinh", {}, [array([710, -710], F64)], [array([1.1169973830808557e308, -1.1169973830808557e308], F64)]),
    # Zeros beside a diagonal are zeros, whatever is on it.
    ("diag", {"k": "1"}, [array([np.inf, np.nan])], [array([[0, np.inf, 0], [0, 0, np.nan], [0, 0, 0]])]),
    # Inputs of one stack only need as many elements as the first.
    ("stack", {"num_args": "2"}, [array([[1, 2]]), array([3, 4])], [array([[[1, 2]], [[3, 4]]])]),
    # Of a single sequence one length.
    ("softmax", {"use_length": "True"}, [array([0, 0, 0]), array([2], I32)], [array([0.5, 0.5, 0])]),
    # Integers go through float32.
    ("_contrib_quadratic", {"a": "1", "b": "0.1"}, [array([-70, 3], I32)], [array([4893, 9], I32)]),
    # oneDNN, which has float32, lets an even window begin one later, and divides by its size.
    (
        "LRN",
        {"nsize": "2", "alpha": "1", "beta": "1", "knorm": "1"},
        [array([[1, 2, 4]])],
        [array([[0.6666667, 0.6666667, 0.4444444]])],
    ),
    ("LRN", {"nsize": "3", "alpha": "0", "beta": "1", "knorm": "2"}, [array([[1, 2, 4]])], [array([[0.5, 1, 2]])]),
    (
        "LRN",
        {"nsize": "3", "alpha": "3", "beta": "-1", "knorm": "1"},
        [array([[1, 2, 4]])],
        [array([[6, 44, 84]])],
    ),
    ("_eye", {"N": "2", "M": "-3"}, [], [array([[1, 0], [0, 1]])]),
    ("_zeros_without_dtype", {"shape": "(1,)", "dtype": "2"}, [], [array([0], F16)]),
    # Slopes are of the first two dimensions.
    (
        "LeakyReLU",
        {"act_type": "prelu"},
        [-np.ones((2, 2, 1), F32), array([[1, 2], [3, 4]])],
        [array([[[-1], [-2]], [[-3], [-4]]])],
    ),
    # An image of the size that is wanted is of any type.
    ("_image_resize", {"size": "(2, 1)"}, [array([[[1], [2]]], I32)], [array([[[1], [2]]], I32)]),
    # Of a condition with dimensions only the number of elements counts.
    ("where", {}, [array([[1, 0]]), array([[1], [2]]), array([[3], [4]])], [array([[1], [4]])]),
    # More channels than groups need.
    (
        "_contrib_PSROIPooling",
        {"spatial_scale": "1", "output_dim": "1", "group_size": "1", "pooled_size": "1"},
        [np.arange(8, dtype=F32).reshape(1, 2, 2, 2), array([[0, 0, 0, 1, 1]])],
        [array([[[[1.5]]]])],
    ),
    # Negative coordinates count from the end.
    ("gather_nd", {}, [array([[0, 1], [2, 3]]), array([[-1, 0], [0, -2]])], [array([2, 0])]),
]


@pytest.mark.parametrize(("operator", "attrs", "inputs", "outputs"), VALUES)
def test_values(operator: str, attrs: dict[str, str], inputs: list[np.ndarray], outputs: list[np.ndarray]) -> None:
    made = invoke(operator, inputs, attrs)
    assert [each.dtype for each in made] == [each.dtype for each in outputs]
    for ours, expected in zip(made, outputs, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-6 if expected.dtype != F16 else 2e-3)


ONES = np.ones((2, 3), F32)

# Operator, parameters, inputs, words of the refusal.
REFUSED: list[tuple[str, dict[str, str], list[np.ndarray], str]] = [
    ("stack", {"num_args": "2"}, [ONES, ONES[0]], "cannot reshape"),
    (
        "Pad",
        {"mode": "edge", "pad_width": "(0, 0, 0, 0, 1, 1, 1, 1)"},
        [np.ones((1, 1, 2, 2), I32)],
        "only support floating point types",
    ),
    ("Dropout", {}, [ONES.astype(I32)], "only support floating point types"),
    ("moments", {"axes": "(0,)"}, [ONES > 0], "Unknown type enum 7"),
    ("LeakyReLU", {"act_type": "prelu"}, [np.ones((2, 3, 3), F32), np.ones((1, 3, 1), F32)], "Cannot broadcast gamma"),
    ("_sample_poisson", {}, [ONES > 0], "Unknown type enum 7"),
    ("_contrib_index_copy", {}, [ONES[:1], np.zeros(2, F32), ONES], "is not 2 rows of"),
    ("LRN", {"nsize": "2"}, [ONES.astype(F64)], "only supports odd values"),
    ("_zeros_without_dtype", {"shape": "(1,)", "dtype": "9"}, [], "Unknown type enum 9"),
    *(
        (operator, {name: axes}, [ONES], words)
        for operator, name in (("sum", "axis"), ("max", "axis"), ("norm", "axis"), ("moments", "axes"))
        for axes, words in (("(0, -2)", "have duplicates"), ("(2,)", "out of range"))
    ),
    ("norm", {"ord": "3"}, [ONES], "only supports ord=1 and ord=2"),
    ("stack", {"num_args": "1", "axis": "3"}, [ONES], "exceeds the input dimension of 3"),
    ("slice_like", {"axes": "(-3,)"}, [ONES, ONES], "out of range"),
    ("slice_like", {"axes": "(1,)"}, [ONES, ONES[0]], "out of range"),
    ("tile", {"reps": "(2, -1)"}, [ONES], "must be positive"),
    ("one_hot", {"depth": "-1"}, [ONES[0]], "must be a non-negative integer"),
    ("pick", {"axis": "1"}, [ONES[:, :2], ONES[:1, :2]], "Shape inconsistent"),
    ("SequenceMask", {"axis": "2"}, [ONES], "expects axis to be 0 or 1"),
    ("SequenceLast", {"axis": "-2"}, [ONES], "expects axis to be 0 or 1"),
    ("SequenceReverse", {"axis": "1"}, [ONES], "expects axis to be 0"),
    ("Dropout", {"axes": "(-1,)"}, [ONES], "must be in range"),
    ("_sample_uniform", {"shape": "(2, 0)"}, [ONES[0], ONES[0]], "must be non-zero within each dimension"),
    ("_contrib_MultiBoxPrior", {"steps": "(-1, -1, -1)"}, [np.ones((1, 1, 2, 2), F32)], "Step ndim must be 2"),
    (
        "_contrib_PSROIPooling",
        {"spatial_scale": "1", "output_dim": "-1", "pooled_size": "1"},
        [np.ones((1, 1, 2, 2), F32), np.zeros((1, 5), F32)],
        "must be positive",
    ),
    (
        "_contrib_DeformableConvolution",
        {"kernel": "(1, 1)", "num_filter": "1", "layout": "NCW"},
        [np.ones((1, 1, 1, 1), F32), np.ones((1, 2, 1, 1), F32), np.ones((1, 1, 1, 1), F32), np.ones(1, F32)],
        "Invalid layout",
    ),
    (
        "RNN",
        {"mode": "lstm", "state_size": "1", "num_layers": "1", "lstm_state_clip_min": "-1"},
        [np.ones((1, 1, 1)), np.ones(16), np.ones((1, 1, 1)), np.ones((1, 1, 1))],
        "clipping is only supported for GPU",
    ),
    *(
        (f"_contrib_interleaved_matmul_{which}", {"heads": "1"}, [np.ones(a, F32), np.ones(b, F32)], words)
        for which, a, b, words in (
            ("selfatt_valatt", (2, 3, 3), (1, 2, 2), "must be of 3 heads"),
            ("selfatt_valatt", (2, 1, 3), (1, 1, 2), "must be as long"),
            ("encdec_valatt", (2, 3, 2), (1, 2, 2), "must be of 3 heads"),
            ("encdec_qk", (2, 2, 1), (2, 1, 2), "must be of one batch"),
        )
    ),
    ("_contrib_bipartite_matching", {"threshold": "0.5"}, [ONES > 0], "Unknown type enum 7"),
    ("_unravel_index", {"shape": "(2, 2)"}, [ONES > 0], "Unknown type enum 7"),
    ("_ravel_multi_index", {"shape": "(2, 2)"}, [ONES > 0], "Unknown type enum 7"),
    ("_image_adjust_lighting", {"alpha": "(1, 1, 1)"}, [ONES[None] > 0], "Unknown type enum 7"),
    ("_image_random_hue", {"min_factor": "0", "max_factor": "1"}, [ONES[None] > 0], "Unknown type enum 7"),
    ("_image_crop", {"x": "0", "y": "0", "width": "1", "height": "1"}, [ONES[None] > 0], "Unknown type enum 7"),
    ("where", {}, [ONES[0, :2], ONES[0], ONES[0]], "needs equal shapes"),
    ("where", {}, [ONES[:, :1], ONES, ONES], "needs equal shapes"),
    (
        "_contrib_box_encode",
        {},
        [ONES[:1], ONES[:1], np.ones((1, 3, 4), F32), np.ones((2, 3, 4), F32), np.ones(4, F32), np.ones(4, F32)],
        "of as many samples",
    ),
    ("slice", {"begin": "(0,)", "end": "(2,)", "step": "(0,)"}, [ONES], "step cannot be 0"),
    ("slice", {"begin": "(0,)", "end": "(2, 2)"}, [ONES], "must have one length"),
    ("slice", {"begin": "(0, 0, 0)", "end": "(1, 1, 1)"}, [ONES], "at most 2"),
    ("Reshape", {"target_shape": "(0, -1)"}, [ONES], "a size is negative"),
    *(
        (
            operator,
            {"use_sequence_length": "True"},
            [np.ones((2, 3, 1), F32), lengths],
            "Shape inconsistent|cannot reshape",
        )
        for operator in ("SequenceMask", "SequenceLast", "SequenceReverse")
        for lengths in (ONES[:1], np.ones(2, F32))
    ),
    *(
        (operator, attrs, [np.ones((1, 1, 2, 2), np.int8), ONES[0], ONES[0, :1]], "Shape inconsistent")
        for operator, attrs in (
            ("_contrib_quantized_act", {"act_type": "relu"}),
            ("_contrib_quantized_flatten", {}),
            ("_contrib_quantized_pooling", {"kernel": "(1, 1)"}),
        )
    ),
    *(
        (
            "UpSampling",
            {"scale": "2", "sample_type": "nearest", "num_args": "2", "multi_input_mode": mode},
            [np.ones((1, 1, 2, 2), F32), np.ones(other, F32)],
            words,
        )
        for mode, other, words in (
            ("sum", (1, 3, 4, 4), "Number of channels must be the same"),
            ("concat", (2, 1, 4, 4), "must be of 1 samples"),
        )
    ),
    ("_arange", {"start": "3", "stop": "1"}, [], r"Invalid range \(start, stop, step\) = \(3,1,1\)"),
    ("_arange", {"start": "0"}, [], r"Invalid range \(start, stop, step\) = \(0,0,1\)"),
    ("_arange", {"start": "0", "stop": "3", "step": "0"}, [], "Range does not support step=0"),
    ("reverse", {"axis": "-1"}, [ONES], "must be in range"),
    ("_np_cumsum", {"axis": "-1"}, [ONES], "must be in range"),
    ("pick", {"axis": "-2"}, [ONES[0], ONES[0, :1]], "out of range"),
    ("dot", {"transpose_b": "True"}, [ONES[0], ONES[0]], "Cannot transpose vectors"),
    ("gather_nd", {}, [ONES, array([[2], [0]])], "an index is out of bounds"),
    ("gather_nd", {}, [ONES, array([[0], [0], [0]])], "Number of indices exceeds data dimension"),
    ("SoftmaxActivation", {"mode": "channel"}, [ONES], "Input need to have a least 3 dimensions when mode=channel"),
    ("depth_to_space", {"block_size": "2"}, [np.ones((1, 3, 2, 2))], "no multiple"),
    ("depth_to_space", {"block_size": "0"}, [np.ones((1, 4, 2, 2))], "block_size must be a positive integer value"),
    ("space_to_depth", {"block_size": "2"}, [np.ones((1, 3, 3, 2))], "no multiples"),
    ("IdentityAttachKLSparseReg", {}, [ONES[0], ONES[0]], "Shape inconsistent"),
    ("LRN", {"nsize": "1"}, [ONES.astype(U8)], "only support floating point types"),
    ("softmax", {}, [ONES.astype(I32)], "only support floating point types"),
    ("log_softmax", {"dtype": "float32"}, [ONES.astype(U8)], "only support floating point types"),
    ("softmax", {"use_length": "True"}, [ONES, array([1, 2])], "only support integer types"),
    ("L2Normalization", {}, [ONES.astype(U8)], "only support floating point types"),
    ("argmax", {}, [ONES > 0], "Unknown type enum 7"),
    ("_contrib_arange_like", {}, [ONES > 0], "Unknown type enum 7"),
    ("where", {}, [ONES, ONES, ONES.astype(I32)], "expected float32, got int32"),
    (
        "Deconvolution",
        {"kernel": "(1, 1, 1)", "dilate": "(1, 2, 1)", "num_filter": "1"},
        [np.ones((1, 1, 1, 1, 1)), np.ones((1, 1, 1, 1, 1))],
        "Dilate is not supported in 3d deconvolution",
    ),
    (
        "Convolution_v1",
        {"kernel": "(1, 1, 1)", "dilate": "(2, 2, 2)", "num_filter": "1", "no_bias": "True"},
        [np.ones((1, 1, 1, 1, 1)), np.ones((1, 1, 1, 1, 1))],
        "Dilate is not supported in 3d convolution",
    ),
    ("Pooling_v1", {"kernel": "(1, 1)"}, [np.ones((1, 1, 1, 1), I32)], "only support floating point types"),
    ("Activation", {"act_type": "sigmoid"}, [ONES.astype(I32)], "only support floating point types, not int32"),
    ("dot", {}, [ONES.astype(I32), ONES.T.astype(I32)], "only support floating point types, not int32"),
    (
        "_contrib_interleaved_matmul_encdec_valatt",
        {"heads": "1"},
        [np.ones((2, 1, 2), F32), np.ones((1, 1, 3), F32)],
        "a product of matrices needs 3 rows",
    ),
    (
        "_contrib_quantized_embedding",
        {"input_dim": "1", "output_dim": "1"},
        [ONES[0], np.ones((1, 1), np.int8), ONES[0, :2], ONES[0, :1]],
        "Shape inconsistent",
    ),
    ("batch_take", {}, [ONES, array([0, 1, 1], I32)], "needs an index for each of 2 rows"),
    ("softmax_cross_entropy", {}, [ONES[0], ONES[0]], "SoftmaxCrossEntropy only accept 2D data"),
    ("_rnn_param_concat", {"num_args": "2", "dim": "0"}, [ONES, ONES[0]], "Incompatible input shape"),
    ("_contrib_AdaptiveAvgPooling2D", {}, [ONES], "must have 4 dimensions"),
    ("BatchNorm_v1", {}, [ONES[0], *[ONES[0, :1]] * 4], "out of range"),
    ("Pooling", {"global_pool": "True"}, [ONES], "Input data should be 3D, 4D or 5D"),
    ("SequenceMask", {}, [ONES[0]], "must be of rank 2 or greater"),
    ("SequenceLast", {}, [ONES[0]], "must be of rank 2 or greater"),
    ("SequenceReverse", {}, [ONES[0]], "must be of rank 2 or greater"),
    ("LRN", {"nsize": "1"}, [ONES[None]], "4 vs 3"),
    ("khatri_rao", {"num_args": "2"}, [ONES, ONES[:, :1]], "equally many columns"),
    ("_contrib_quantize", {}, [ONES, ONES[0], ONES[0]], "Shape inconsistent"),
    (
        "Deconvolution",
        {"kernel": "(4, 4)", "num_filter": "1", "target_shape": "(4, 5)"},
        [np.ones((1, 1, 2, 3)), np.ones((1, 1, 4, 4))],
        "must be smaller than stride",
    ),
    (
        "_contrib_MultiBoxDetection",
        {},
        [np.ones((1, 2, 2), F32), np.ones((1, 4), F32), np.ones((1, 2, 4), F32)],
        "# anchors mismatch with # loc",
    ),
    (
        "RNN",
        {"mode": "gru", "state_size": "1", "num_layers": "1", "use_sequence_length": "True"},
        [np.ones((1, 1, 1)), np.ones(12), np.ones((1, 1, 1)), np.ones(1)],
        "use_sequence_length option is only available for cuDNN",
    ),
]


def test_training_softmax_output_is_over_all_but_the_batch() -> None:
    data = np.random.default_rng(0).standard_normal((2, 3, 2, 2)).astype(F32)
    label = np.zeros((2, 3, 2), F32)
    flat = np.exp(data.reshape(2, 12))
    (training,) = invoke("SoftmaxOutput", [data, label], {}, is_train=True)
    np.testing.assert_allclose(training, (flat / flat.sum(1, keepdims=True)).reshape(data.shape), rtol=1e-5)
    last = np.exp(data)
    (inferred,) = invoke("SoftmaxOutput", [data, label], {})
    np.testing.assert_allclose(inferred, last / last.sum(-1, keepdims=True), rtol=1e-5)


def test_integers_are_refused_when_run_and_not_when_types_are_inferred() -> None:
    made = mx.sym.Activation(mx.sym.var("x"), act_type="sigmoid")
    assert made.infer_type(x=I32)[1] == [I32]
    with pytest.raises(MXNetError, match="only support floating point types, not int32"):
        made.bind(mx.cpu(), {"x": mx.nd.ones((2,), dtype=I32)}).forward()


def test_lengths_tell_dimensions_of_what_they_are_of() -> None:
    made = mx.sym.softmax(mx.sym.var("x"), mx.sym.var("lengths"), use_length=True, axis=1)
    assert made.infer_shape_partial(x=(2, 3, 0), lengths=(2, 4))[1] == [(2, 3, 4)]


def test_two_checks_of_one_kind_in_a_graph() -> None:
    data, index = mx.sym.var("data"), mx.sym.var("index")
    twice = mx.sym.gather_nd(mx.sym.gather_nd(data, index), index)
    arrays = {"data": mx.nd.array([4, 5, 6]), "index": mx.nd.array([[2, 0, 1]])}
    np.testing.assert_array_equal(twice.bind(mx.cpu(), arrays).forward()[0].asnumpy(), [5, 6, 4])


@pytest.mark.parametrize(("operator", "attrs", "inputs", "words"), REFUSED)
def test_refusals(operator: str, attrs: dict[str, str], inputs: list[np.ndarray], words: str) -> None:
    with pytest.raises(MXNetError, match=words):
        invoke(operator, inputs, attrs)
