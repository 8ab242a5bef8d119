"""Modules of MXNet that scripts import in passing: utilities, engine, profiler, logs, registries, refusals."""

import json
import logging
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest

import offboard.mxnet as mx
from offboard.errors import InferenceOnlyError


def test_numpy_semantics_stay_off_and_are_refused() -> None:
    assert not mx.is_np_shape()
    assert not mx.util.is_np_array()
    assert mx.set_np_shape(False) is False
    with mx.np_shape(False), mx.util.np_array(False):
        pass
    for wanted in (mx.npx.set_np, lambda: mx.set_np_shape(True), lambda: mx.np_shape(True), mx.np.ndarray):
        with pytest.raises(mx.MXNetError, match="NumPy semantics"):
            wanted()
    with pytest.raises(AttributeError, match=r"Use mx.nd, mx.sym"):
        _ = mx.np.array

    @mx.util.use_np
    class Block:
        pass

    with pytest.raises(mx.MXNetError, match="NumPy semantics"):
        Block()


def test_engine_and_runtime() -> None:
    with mx.engine.bulk(3):
        assert mx.engine.set_bulk_size(3) == 3
    features = mx.runtime.Features()
    assert features.is_enabled("opencv")
    assert not features.is_enabled("CUDA")
    assert repr(features["CUDA"]) == "✖ CUDA"
    with pytest.raises(RuntimeError, match="Feature 'NOPE' is unknown"):
        features.is_enabled("nope")


def test_profiler_keeps_what_a_program_marks(tmp_path: Path) -> None:
    profiler = mx.profiler
    profiler.set_config(profile_all=True, filename=str(tmp_path / "profile.json"))
    domain = profiler.Domain("mine")
    task = domain.new_task("work")
    task.start()
    task.stop()
    profiler.set_state("run")
    with_counter = domain.new_counter("images", 2)
    with_counter += 3
    task.start()
    task.stop()
    domain.new_marker("here").mark()
    assert "work" in profiler.dumps()
    profiler.dump()
    events = json.loads((tmp_path / "profile.json").read_text())["traceEvents"]
    assert [each["name"] for each in events] == ["images", "images", "work", "here"]
    assert events[1]["args"] == {"images": 5}
    assert json.loads(profiler.dumps(reset=True, format="json"))["images"]["count"] == 2
    with pytest.raises(KeyError):
        profiler.set_state("nope")


def test_training_is_refused_by_name() -> None:
    for wanted in (lambda: mx.optimizer.get_updater(mx.optimizer.SGD()), mx.kv.create("local").push):
        with pytest.raises(InferenceOnlyError):
            wanted()
    store = mx.kvstore.create("device")
    assert (store.type, store.rank, store.num_workers) == ("device", 0, 1)
    with pytest.raises(mx.MXNetError, match="dist_sync"):
        mx.kv.create("dist_sync")


def test_what_needs_a_native_library_says_so() -> None:
    for wanted in (mx.libinfo.find_lib_path, lambda: mx.library.load("x.so"), lambda: mx.rtc.CudaModule("")):
        with pytest.raises(mx.MXNetError):
            wanted()


def test_registry_makes_instances_by_name_and_json() -> None:
    class Base:
        def __init__(self, value: int = 0) -> None:
            self.value = value

    class Special(Base):
        pass

    register = mx.registry.get_register_func(Base, "base")
    create = mx.registry.get_create_func(Base, "base")
    register(Special)
    mx.registry.get_alias_func(Base, "base")("other")(Special)
    assert create("special", 3).value == 3
    assert create('["other", {"value": 4}]').value == 4
    assert create({"base": "special", "value": 5}).value == 5
    with pytest.raises(AssertionError, match="nope is not registered"):
        create("nope")
    with pytest.warns(UserWarning, match="overriding"):
        register(Special)
    assert set(mx.registry.get_registry(Base)) == {"special", "other"}


def test_logs(caplog: pytest.LogCaptureFixture) -> None:
    logger = mx.log.get_logger("front", level=mx.log.INFO)
    assert logger.level == logging.INFO
    assert mx.log.get_logger("front") is logger
    with pytest.warns(DeprecationWarning, match="get_logger"):
        mx.log.getLogger("front")


def test_callbacks(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    caplog.set_level(logging.INFO)
    metric = mx.metric.create("acc")
    metric.update([mx.nd.array([1])], [mx.nd.array([[0, 1]])])
    speedometer = mx.callback.Speedometer(4, frequent=2, auto_reset=False)
    for count in range(3):
        speedometer(SimpleNamespace(nbatch=count, epoch=0, eval_metric=metric))
    assert "Epoch[0] Batch [0-2]\tSpeed:" in caplog.text
    assert "accuracy=1.000000" in caplog.text
    mx.callback.ProgressBar(total=4, length=8)(SimpleNamespace(nbatch=1))
    assert "[==------] 25%" in caplog.text
    mx.callback.LogValidationMetricsCallback()(SimpleNamespace(epoch=1, eval_metric=metric))
    assert "Epoch[1] Validation-accuracy=1.000000" in caplog.text
    mx.callback.log_train_metric(1)(SimpleNamespace(nbatch=0, epoch=2, eval_metric=metric))
    assert "Iter[2] Batch[0] Train-accuracy=1.000000" in caplog.text
    save = mx.callback.do_checkpoint(str(tmp_path / "net"), period=2)
    for epoch in range(2):
        save(epoch, mx.sym.var("x") + 1, {}, {})
    assert (tmp_path / "net-0002.params").exists()
    assert not (tmp_path / "net-0001.params").exists()


def test_errors_by_name() -> None:
    assert issubclass(mx.error.InternalError, mx.MXNetError)

    @mx.error.register
    class Mine(mx.MXNetError):
        pass

    with warnings.catch_warnings(), pytest.raises(mx.MXNetError):
        raise Mine("x")


def test_files_are_named_by_texts() -> None:
    for name in (3, None):
        with pytest.raises(TypeError, match="fname required to be a string"):
            mx.nd.save(name, [mx.nd.ones((1,))])


def test_channels_divide_into_groups() -> None:
    with pytest.raises(mx.MXNetError, match="do not divide into 2 groups"):
        mx.gluon.nn.Conv2D(3, 3, groups=2)


def test_batches_are_shared_out_as_in_the_first_programs() -> None:
    assert mx.executor_manager._split_input_slice(5, [1, 1]) == [slice(0, 2), slice(2, 5)]
    mx.executor_manager._check_arguments(mx.sym.var("x") + mx.sym.var("y"))
    with pytest.raises(ValueError, match="duplicated argument name"):
        mx.executor_manager._check_arguments(mx.sym.var("x") + mx.sym.var("x"))
