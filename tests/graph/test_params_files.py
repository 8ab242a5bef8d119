"""Files of every version load as real MXNet loads them, bad ones are refused, and what we write is MXNet's."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.errors import MXNetError
from offboard.graph import params

# What real MXNet accepts although something is odd about it.
ACCEPTED = {"bad-duplicate-names", "bad-reserved-nonzero", "bad-trailing-bytes"}


def test_round_trip(tmp_path: Path) -> None:
    arrays = {"arg:w": np.arange(6, dtype=np.float32).reshape(2, 3), "aux:m": np.array([1, 2], np.int64)}
    params.save(tmp_path / "x.params", arrays)
    loaded = params.load(tmp_path / "x.params")
    assert isinstance(loaded, dict)
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded[name], array)


def test_sparse_round_trip(tmp_path: Path) -> None:
    rows = params.SparseArray("row_sparse", (4, 2), np.ones((1, 2), np.float32), (np.array([3], np.int64),))
    params.save(tmp_path / "x.params", [rows])
    (loaded,) = params.load(tmp_path / "x.params")
    assert isinstance(loaded, params.SparseArray)
    assert loaded.shape == (4, 2)
    assert loaded.aux[0].tolist() == [3]


def test_a_large_file_is_mapped(tmp_path: Path) -> None:
    params.save(tmp_path / "x.params", {"arg:w": np.ones(1 << 20, np.float32)})
    loaded = params.load(tmp_path / "x.params")
    assert isinstance(loaded, dict)
    array = loaded["arg:w"]
    assert isinstance(array, np.ndarray)
    array[0] = 2
    again = params.load(tmp_path / "x.params")
    assert isinstance(again, dict)
    assert again["arg:w"][0] == 1


def test_missing_file() -> None:
    with pytest.raises(MXNetError, match=r'Open "nope\.params": No such file or directory'):
        params.load("nope.params")


def test_every_bad_file_is_refused(shared_data: Path) -> None:
    for path in sorted((shared_data / "mxnet" / "params").glob("bad-*.params")):
        if path.stem in ACCEPTED:
            params.load(path)
        else:
            with pytest.raises(MXNetError, match="Invalid NDArray file format"):
                params.load(path)


def test_every_good_file_equals_its_expectation(shared_data: Path) -> None:
    folder = shared_data / "mxnet" / "params"
    listed = json.loads((folder / "index.json").read_text())["files"]
    assert len(listed) == 23
    with np.load(folder / "expected.npz") as expected:
        for facts in listed:
            if facts["mxnet_1_9_1_loads"] is True:
                _check_file(folder / facts["file"], facts, expected)
            else:
                # MXNet takes it under NumPy's shape semantics only, which are refused everywhere here.
                with pytest.raises(MXNetError, match="saved with np shape semantics"):
                    params.load(folder / facts["file"])


def test_an_entry_without_an_array(shared_data: Path) -> None:
    path = shared_data / "mxnet" / "params" / "hand-none.params"
    assert None in params.load(path).values()
    with pytest.raises(MXNetError, match="unknown storage type: -1"):
        mx.nd.load(str(path))


def _check_file(path: Path, facts: dict[str, Any], expected: Any) -> None:
    loaded = params.load(path)
    assert (list(loaded) if isinstance(loaded, dict) else []) == facts["names"], path
    arrays = list(loaded.values()) if isinstance(loaded, dict) else loaded
    assert len(arrays) == len(facts["dtypes"]), path
    for number, array in enumerate(arrays):
        assert array is not None, path
        sparse = isinstance(array, params.SparseArray)
        assert (array.stype if sparse else "default") == facts["stypes"][number], path
        assert list(array.shape) == facts["shapes"][number], path
        stored = array.data if sparse else array
        assert stored.dtype.name == facts["dtypes"][number], path
        dense = _dense(array) if sparse else array
        value = expected[f"{path.name}|{number}"]
        np.testing.assert_array_equal(dense.astype(value.dtype), value, err_msg=str(path))


def _dense(array: params.SparseArray) -> np.ndarray:
    made = np.zeros(array.shape, array.data.dtype)
    if array.stype == "row_sparse":
        made[array.aux[0]] = array.data
        return made
    starts, columns = array.aux
    for row, (start, stop) in enumerate(itertools.pairwise(starts)):
        made[row, columns[start:stop]] = array.data[start:stop]
    return made


def test_legacy_file(shared_data: Path) -> None:
    legacy = shared_data / "models" / "mxnet-legacy"
    expected = np.load(legacy / "legacy_ndarray_golden.npz")
    arrays = params.load(legacy / "legacy_ndarray.v0")
    assert [list(array.shape) for array in arrays] == [[128]] * 6
    for array, key in zip(arrays, sorted(expected), strict=True):
        np.testing.assert_array_equal(array, expected[key])


def test_upgraded_symbol(shared_data: Path) -> None:
    from offboard.graph import lists, symbol_json

    legacy = shared_data / "models" / "mxnet-legacy"
    ours = symbol_json.loads((legacy / "save_000800.json").read_text())
    theirs = symbol_json.loads((legacy / "save_000800_upgraded_by_1.9.1.json").read_text())
    assert json.loads(symbol_json.dumps(ours)) == json.loads(symbol_json.dumps(theirs))
    assert lists.auxiliary_names(ours) == lists.auxiliary_names(theirs)


def test_every_symbol_file_loads_and_survives_a_round_trip(shared_data: Path) -> None:
    from offboard.graph import symbol_json

    for path in sorted((shared_data / "models" / "mxnet-symbols-djl").glob("*-symbol.json")):
        text = symbol_json.dumps(symbol_json.loads(path.read_text()))
        assert symbol_json.dumps(symbol_json.loads(text)) == text
