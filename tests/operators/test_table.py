"""The table's facts: names, variation with parameters, values in and out of text."""

import json

import numpy as np
import pytest

from offboard.errors import MXNetError, UnsupportedOperatorError
from offboard.graph import symbol_json
from offboard.operators import record, table


def lists(operator: str, **attrs: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    facts = table.find(operator)
    params = facts.parse(attrs)
    return facts.input_names(params), facts.output_names(params)


@pytest.mark.parametrize(
    ("operator", "attrs", "inputs", "outputs"),
    [
        ("Convolution", {"kernel": "(3,3)", "num_filter": "4"}, ("data", "weight", "bias"), ("output",)),
        ("Convolution", {"kernel": "(3,3)", "num_filter": "4", "no_bias": "True"}, ("data", "weight"), ("output",)),
        ("Deconvolution", {"kernel": "(3,3)", "num_filter": "4"}, ("data", "weight"), ("output",)),
        ("Concat", {"num_args": "3"}, ("arg0", "arg1", "arg2"), ("output",)),
        ("UpSampling", {"scale": "2", "sample_type": "nearest", "num_args": "1"}, ("arg0",), ("output",)),
        ("UpSampling", {"scale": "2", "sample_type": "bilinear", "num_args": "2"}, ("data", "weight"), ("output",)),
        ("split", {"num_outputs": "1"}, ("data",), ("output0",)),
        ("split", {"num_outputs": "2"}, ("data",), ("output0", "output1")),
        ("_split_v2", {"indices": "(0, 2)", "sections": "0"}, ("data",), ("output0", "output1")),
        ("_split_v2", {"indices": "()", "sections": "1"}, ("data",), ("output",)),
        ("topk", {"ret_typ": "mask"}, ("data",), ("output",)),
        ("topk", {"ret_typ": "value"}, ("data",), ("output0",)),
        ("amp_multicast", {"num_outputs": "2"}, ("data_0", "data_1"), ("output0", "output1")),
        (
            "_contrib_quantized_concat",
            {"num_args": "2"},
            ("arg0", "arg1", "arg0_min", "arg0_max", "arg1_min", "arg1_max"),
            ("output", "min_output", "max_output"),
        ),
        (
            "RNN",
            {"mode": "gru", "state_size": "2", "num_layers": "1", "state_outputs": "1", "use_sequence_length": "1"},
            ("data", "parameters", "state", "sequence_length"),
            ("output", "state_output"),
        ),
    ],
)
def test_inputs_and_outputs_vary_with_parameters(
    operator: str, attrs: dict[str, str], inputs: tuple[str, ...], outputs: tuple[str, ...]
) -> None:
    assert lists(operator, **attrs) == (inputs, outputs)


def test_auxiliary_states_are_inputs_too() -> None:
    facts = table.find("BatchNorm")
    assert facts.auxiliary_names({}) == ("moving_mean", "moving_var")
    assert facts.input_names(facts.parse({}))[-2:] == ("moving_mean", "moving_var")


def test_every_default_parses() -> None:
    for name in table.names():
        for parameter in table.find(name).parameters.values():
            if parameter.default is not None:
                parameter.parse(parameter.default)


@pytest.mark.parametrize(
    ("operator", "attrs", "message"),
    [
        ("Activation", {"act_type": "foo"}, "Invalid Input: 'foo', valid values are: {'relu'"),
        ("Activation", {}, "Required parameter act_type of int is not presented"),
        ("Activation", {"act_type": "relu", "foo": "1"}, "Cannot find argument 'foo', Possible Arguments:"),
        ("Convolution", {"kernel": "(3,", "num_filter": "1"}, "kernel"),
        ("Convolution", {"kernel": "(3,3)", "num_filter": "-1"}, "num_filter"),
    ],
)
def test_refusals(operator: str, attrs: dict[str, str], message: str) -> None:
    with pytest.raises(MXNetError, match="in operator") as caught:
        table.find(operator).parse(attrs)
    assert message in str(caught.value)


def test_operators_without_parameters_ignore_attributes() -> None:
    assert table.find("relu").parse({"foo": "1"}) == {}


def test_hidden_keys_are_no_parameters() -> None:
    assert table.find("Activation").parse({"act_type": "relu", "__lr_mult__": "2"})["act_type"] == "relu"


def test_alias_and_unknown() -> None:
    assert table.find("flatten").name == "Flatten"
    with pytest.raises(MXNetError, match="Cannot find Operator nope"):
        table.find("nope")


@pytest.mark.parametrize(
    ("operator", "reason"),
    [
        ("_npi_add", "MXNet's NumPy interface"),
        ("_contrib_dgl_subgraph", "sparse storage"),
        ("_cvimdecode", "mx.image"),
        ("sgd_update", "it trains"),
    ],
)
def test_what_is_left_out_is_refused_by_name(operator: str, reason: str) -> None:
    with pytest.raises(UnsupportedOperatorError, match=f"Operator {operator} is not supported: .*{reason}"):
        record.find(operator)


def test_documents_with_operators_left_out_are_refused_by_name() -> None:
    node = {"op": "_npi_add", "name": "sum", "inputs": []}
    document = {"nodes": [node], "arg_nodes": [], "heads": [[0, 0, 0]], "attrs": {"mxnet_version": ["int", 10901]}}
    with pytest.raises(UnsupportedOperatorError, match="Operator _npi_add is not supported"):
        symbol_json.loads(json.dumps(document))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((np.int64(3),), "(3,)"),
        ([np.int32(1), 2], "[1, 2]"),
        (np.float32(0.1), "0.1"),
        (np.bool_(True), "True"),
        (None, "None"),
        (np.float16, "float16"),
        (np.dtype("int8"), "int8"),
        ((None, 2), "(None, 2)"),
    ],
)
def test_values_become_plain_text(value: object, text: str) -> None:
    assert table.format_value(value) == text


def test_parameters_of_type_float_have_24_bits() -> None:
    assert table.find("hard_sigmoid").parse({"alpha": "0.2"})["alpha"] == 0.20000000298023224
    assert table.find("_plus_scalar").parse({"scalar": "0.2"})["scalar"] == 0.2
