"""Programs of public packages for MXNet, unchanged, with real MXNet and with ours.

    ORACLE tests/oracle/public_programs.py FOLDER [PROGRAM ...]
    OFFBOARD_AS_MXNET=1 OFFBOARD_ENDPOINT=embedded PYTHON tests/oracle/public_programs.py FOLDER [PROGRAM ...]

The first writes what the programs give, the second compares. Both interpreters need, without their dependencies and
beside NumPy and pandas of before 2, gluonnlp 0.10.0 (translation, language models, beam search), gluonts 0.9.9
(forecasting; it wants pydantic of before 2, the daemon a later one), sockeye 2.3.24 (translation), keras-mxnet 2.2.4.3
(with its own context for accelerators) and sagemaker-mxnet-inference 1.5.5 (the handlers that asked for ``mx.eia()``
in the cloud). A package that is not there is left out by name.
"""

from __future__ import annotations

import collections
import collections.abc
import json
import multiprocessing.pool  # noqa: F401 - sockeye names it without importing it, and takes it before MXNet
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

# What these packages call by names that Python and NumPy no longer have.
for _name, _type in (("bool", bool), ("int", int), ("float", float), ("object", object)):
    setattr(np, _name, _type)
for _name in ("Callable", "Iterable", "Mapping", "Sequence"):
    setattr(collections, _name, getattr(collections.abc, _name))
os.environ.setdefault("KERAS_BACKEND", "mxnet")
warnings.simplefilter("ignore")

import mxnet as mx  # noqa: E402

OURS = "offboard" in str(mx.__file__)
Made = Iterator[tuple[str, Any]]


def _fill(net: Any, *inputs: Any) -> None:
    """Made-up weights, in the order of their names without the network's own."""
    net.initialize(mx.init.Zero())
    net(*inputs)
    draw = np.random.RandomState(5)
    for _, each in sorted(net.collect_params().items(), key=lambda item: item[0].split("_", 1)[-1]):
        each.set_data(mx.nd.array(draw.normal(size=each.shape) * 0.1, dtype=each.dtype))


def gluonnlp() -> Made:
    """Language models, a translator, BERT and beam search."""
    import gluonnlp as nlp

    draw = np.random.RandomState(0)
    vocabulary = nlp.Vocab(nlp.data.count_tokens(list("abcdefgh") * 3))
    size = len(vocabulary)

    def tokens(*shape: int) -> Any:
        return mx.nd.array(draw.randint(1, size, size=shape))

    for name, net in (
        ("weights dropped", nlp.model.AWDRNN("lstm", size, 16, 20, 3, True, 0.2, 0.2, 0.2, 0.1, 0.1)),
        ("projected", nlp.model.BigRNN(size, 16, 20, 1, 12)),
    ):
        words, states = tokens(7, 2), net.begin_state(batch_size=2, func=mx.nd.zeros)
        _fill(net, words, states)
        yield name, net(words, states)[0]
    encoder, decoder, stepping = nlp.model.transformer.get_transformer_encoder_decoder(
        num_layers=2, units=16, hidden_size=32, num_heads=4, max_src_length=30, max_tgt_length=30
    )
    translator = nlp.model.translation.NMTModel(
        src_vocab=vocabulary,
        tgt_vocab=vocabulary,
        encoder=encoder,
        decoder=decoder,
        one_step_ahead_decoder=stepping,
        embed_size=16,
        prefix="t_",
    )
    given = (tokens(2, 6), tokens(2, 5), mx.nd.array([6, 4]), mx.nd.array([5, 3]))
    _fill(translator, *given)
    yield "translator", translator(*given)[0]
    translator.hybridize()
    yield "translator as a graph", translator(*given)[0]
    bert = nlp.model.BERTModel(
        encoder=nlp.model.bert.BERTEncoder(units=16, hidden_size=32, num_layers=2, num_heads=4, max_length=20),
        vocab_size=size, token_type_vocab_size=2, units=16, embed_size=16,
    )  # fmt: skip
    given = (tokens(2, 8), mx.nd.zeros((2, 8)), mx.nd.array([8, 5]), mx.nd.array([[1, 2], [0, 3]]))
    _fill(bert, *given)
    bert.hybridize()
    for number, each in enumerate(bert(*given)):
        yield f"bert {number}", each
    weights = mx.nd.array(draw.normal(size=(size, size)))

    def step(word: Any, states: Any) -> Any:
        return mx.nd.log_softmax(mx.nd.take(weights, word) + 0.1 * states.mean(axis=1, keepdims=True)), states + 1

    sampler = nlp.model.BeamSearchSampler(
        beam_size=3, decoder=step, eos_id=2, scorer=nlp.model.BeamSearchScorer(alpha=0.6, K=5), max_length=10
    )
    for number, each in enumerate(sampler(mx.nd.array([3, 4]), mx.nd.zeros((2, 5)))):
        yield f"beam search {number}", each


def gluonts() -> Made:
    """The loss of forecasters, and forecasts of those that draw no samples."""
    import importlib

    import pandas  # noqa: F401 - whose absence is the reason to leave this out
    from gluonts.dataset.common import ListDataset
    from gluonts.mx.trainer import Trainer
    from gluonts.mx.util import get_hybrid_forward_input_names
    from gluonts.transform import TransformedDataset

    series = [{"start": "2020-01-01 00:00", "target": (np.arange(200) % 24 + i).astype("float32")} for i in range(3)]
    data = ListDataset(series, freq="1H")
    for module, name, sampled in (
        ("simple_feedforward", "SimpleFeedForwardEstimator", True),
        ("deepar", "DeepAREstimator", True),
        ("transformer", "TransformerEstimator", True),
        ("seq2seq", "MQCNNEstimator", False),
        ("seq2seq", "MQRNNEstimator", False),
    ):
        estimator = getattr(importlib.import_module(f"gluonts.model.{module}"), name)(
            freq="1H", prediction_length=12, trainer=Trainer(epochs=1, num_batches_per_epoch=1)
        )
        network, transformation = estimator.create_training_network(), estimator.create_transformation()
        np.random.seed(1)
        batch = next(iter(estimator.create_training_data_loader(TransformedDataset(data, transformation))))
        given = [batch[key] for key in get_hybrid_forward_input_names(type(network))]
        _fill(network, *given)
        loss = network(*given)
        yield f"{name} loss", loss[0] if isinstance(loss, (list, tuple)) else loss
        forecast = next(iter(estimator.create_predictor(transformation, network).predict(data, num_samples=20)))
        if not sampled:
            yield f"{name} forecast", forecast.mean


def sockeye() -> Made:
    """Translations by beam search, with attention and with a recurrent decoder."""
    from sockeye import constants, data_io, encoder, inference, model, transformer

    size = 50
    symbols = {each: number for number, each in enumerate(constants.VOCAB_SYMBOLS)}
    vocabulary = {**symbols, **{f"w{number}": number for number in range(len(symbols), size)}}
    statistics = data_io.DataStatistics(
        num_sents=10, num_discarded=0, num_tokens_source=10, num_tokens_target=10, num_unks_source=0,
        num_unks_target=0, max_observed_len_source=20, max_observed_len_target=20, size_vocab_source=size,
        size_vocab_target=size, length_ratio_mean=1.0, length_ratio_std=0.1, buckets=[], num_sents_per_bucket=[],
        average_len_target_per_bucket=[],
    )  # fmt: skip
    described = data_io.DataConfig(
        data_statistics=statistics, max_seq_len_source=40, max_seq_len_target=40, num_source_factors=1,
        num_target_factors=1,
    )  # fmt: skip
    for kind in ("transformer", "ssru_transformer"):
        layers = transformer.TransformerConfig(
            model_size=32, attention_heads=4, feed_forward_num_hidden=64, act_type="relu", num_layers=2,
            dropout_attention=0.0, dropout_act=0.0, dropout_prepost=0.0, positional_embedding_type="fixed",
            preprocess_sequence="n", postprocess_sequence="dr", max_seq_len_source=40, max_seq_len_target=40,
            decoder_type=kind,
        )  # fmt: skip
        embeddings = [encoder.EmbeddingConfig(vocab_size=size, num_embed=32, dropout=0.0) for _ in range(2)]
        net = model.SockeyeModel(
            model.ModelConfig(described, size, size, *embeddings, layers, layers, weight_tying_type="none"),
            inference_only=True,
        )
        net.initialize(mx.init.Zero(), ctx=mx.cpu())
        draw = np.random.RandomState(3)
        for each in net.collect_params().values():
            if 0 not in each.shape:
                each.set_data(mx.nd.array(draw.normal(size=each.shape) * 0.3, dtype=each.dtype))
        translator = inference.Translator(
            context=mx.cpu(), ensemble_mode="linear", scorer=inference.CandidateScorer(1.0, 0.0, 0.0), batch_size=3,
            beam_search_stop="all", models=[net], source_vocabs=[vocabulary], target_vocabs=[vocabulary], beam_size=5,
            hybridize=True, max_input_length=20, constant_length_ratio=1.2,
        )  # fmt: skip
        sentences = enumerate(["w5 w6 w7", "w10 w11 w12 w13 w14 w20 w31", "w9"])
        given = [inference.make_input_from_plain_string(number, text) for number, text in sentences]
        for number, made in enumerate(translator.translate(given)):
            words = [vocabulary[word] for word in made.translation.split()]
            yield f"{kind} {number}", np.array([float(made.score), *words])


def keras() -> Made:
    """Networks predict in every one of its contexts; the accelerator's is MXNet's ``eia``, where that is there."""
    from keras import backend, layers, models

    def seen(net: Any, *shape: int) -> Any:
        draw = np.random.RandomState(1)
        net.set_weights([abs(draw.normal(size=each.shape) * 0.1) + 0.1 for each in net.get_weights()])
        return net.predict(np.random.RandomState(2).rand(*shape))

    for context in ("CPU", "EIA") if OURS else ("CPU", "CPU"):
        with backend.Context(context):
            convolutions = models.Sequential([
                layers.Conv2D(4, (3, 3), input_shape=(8, 8, 3), activation="relu"), layers.BatchNormalization(),
                layers.MaxPooling2D(), layers.Flatten(), layers.Dense(5, activation="softmax"),
            ])  # fmt: skip
            yield f"convolutions {context}", seen(convolutions, 3, 8, 8, 3)
            separated = models.Sequential([
                layers.SeparableConv2D(4, (3, 3), input_shape=(8, 8, 3), padding="same"), layers.DepthwiseConv2D(3),
                layers.LeakyReLU(0.1), layers.UpSampling2D(), layers.ZeroPadding2D(1), layers.AveragePooling2D(),
                layers.GlobalAveragePooling2D(), layers.Dense(3, activation="sigmoid"),
            ])  # fmt: skip
            yield f"separated {context}", seen(separated, 3, 8, 8, 3)


def sagemaker() -> Made:
    """The serving container's handlers of modules, which take ``mx.eia()`` where there is an accelerator."""
    from sagemaker_mxnet_serving_container import default_inference_handler

    if OURS:
        os.environ["SAGEMAKER_INFERENCE_ACCELERATOR_PRESENT"] = "true"
    layer = mx.sym.Convolution(mx.sym.var("data"), num_filter=4, kernel=(3, 3), name="c")
    net = mx.sym.FullyConnected(mx.sym.Flatten(mx.sym.relu(layer)), num_hidden=7, name="f")
    net = mx.sym.SoftmaxOutput(net, name="softmax")
    draw = np.random.RandomState(0)
    shapes = zip(net.list_arguments(), net.infer_shape(data=(1, 3, 16, 16))[0], strict=True)
    weights = {
        name: mx.nd.array(draw.normal(size=shape) * 0.1)
        for name, shape in shapes
        if name not in ("data", "softmax_label")
    }
    with tempfile.TemporaryDirectory() as folder:
        mx.model.save_checkpoint(f"{folder}/model", 0, net, weights, {})
        Path(folder, "model-shapes.json").write_text(json.dumps([{"name": "data", "shape": [1, 3, 16, 16]}]))
        handler = default_inference_handler.DefaultModuleInferenceHandler()
        for batch in (1, 4):
            module = handler.default_model_fn(folder, batch)
            for rows in (1, 3, 6):
                images = draw.rand(rows, 3, 16, 16).astype("float32")
                flat = "\n".join(",".join(str(value) for value in image.ravel()) for image in images)
                for content, body in (("application/json", json.dumps(images.tolist())), ("text/csv", flat)):
                    made = handler.default_predict_fn(handler.default_input_fn(body, content, module), module)
                    answer = json.loads(handler.default_output_fn(made, "application/json"))
                    yield f"{rows} rows in batches of {batch} as {content}", np.array(answer)


PROGRAMS: dict[str, Callable[[], Made]] = {
    program.__name__: program for program in (gluonnlp, gluonts, sockeye, keras, sagemaker)
}


def _agree(name: str, made: np.ndarray, expected: np.ndarray) -> bool:
    if made.shape != expected.shape:
        print(f"{name:60} {made.shape} for {expected.shape}")
        return False
    worst = float(np.abs(made - expected).max(initial=0))
    print(f"{name:60} largest difference {worst:.1e} of {float(np.abs(expected).max(initial=0)):.1e}")
    return worst <= 1e-4 * max(float(np.abs(expected).max(initial=0)), 1)


def main() -> int:
    """The exit status says whether everything agreed."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    right = True
    for name in sys.argv[2:] or PROGRAMS:
        try:
            made = [(key, each.asnumpy() if hasattr(each, "asnumpy") else each) for key, each in PROGRAMS[name]()]
        except ImportError as error:
            print(f"{name} left out: {error}")
            continue
        stored = folder / f"{name}.npz"
        if not OURS:
            np.savez(stored, *[np.asarray(each, np.float64) for _, each in made])
            print(name, "written")
            continue
        with np.load(stored) as file:
            for number, (key, each) in enumerate(made):
                right &= _agree(f"{name}: {key}", np.asarray(each, np.float64), file[f"arr_{number}"])
    return int(not right)


if __name__ == "__main__":
    sys.exit(main())
