"""Random operators: shapes, dtypes, what they refuse, and distributions by their moments."""

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.errors import MXNetError
from offboard.operators import draws
from offboard.runtime.imperative import invoke

COUNT = 40000

# Operator by numbers, its parameters, mean and variance.
MOMENTS = [
    ("uniform", {"low": 1.0, "high": 3.0}, 2.0, 4 / 12),
    ("normal", {"loc": 1.5, "scale": 2.0}, 1.5, 4.0),
    ("exponential", {"lam": 4.0}, 0.25, 1 / 16),
    ("gamma", {"alpha": 3.0, "beta": 0.5}, 1.5, 0.75),
    ("poisson", {"lam": 4.0}, 4.0, 4.0),
    ("negative_binomial", {"k": 3, "p": 0.4}, 4.5, 11.25),
    ("generalized_negative_binomial", {"mu": 2.0, "alpha": 0.5}, 2.0, 4.0),
    ("generalized_negative_binomial", {"mu": 2.0, "alpha": 0.0}, 2.0, 2.0),
    ("randint", {"low": -2, "high": 3}, 0.0, 2.0),
]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    draws.seed(7)


@pytest.mark.parametrize(("kind", "parameters", "mean", "variance"), MOMENTS)
def test_moments(kind: str, parameters: dict[str, float], mean: float, variance: float) -> None:
    texts = {key: str(value) for key, value in parameters.items()}
    made = [invoke(f"_random_{kind}", [], {**texts, "shape": str((COUNT,))})[0]]
    if kind != "randint":
        made.append(invoke(f"_random_{kind}_like", [np.zeros(COUNT)], texts)[0])
        given = [np.array([value, value], np.float64) for value in parameters.values()]
        each = invoke(f"_sample_{kind}", given, {"shape": str((COUNT,))})[0]
        assert each.shape == (2, COUNT)
        made += list(each)
    for sample in made:
        assert sample.mean(dtype=np.float64) == pytest.approx(mean, abs=5 * np.sqrt(variance / COUNT))
        assert sample.var(dtype=np.float64) == pytest.approx(variance, rel=0.1)


def test_dtypes() -> None:
    assert invoke("_random_uniform", [], {"shape": "(2, 3)"})[0].dtype == np.float32
    assert invoke("_random_normal", [], {"shape": "(2,)", "dtype": "float16"})[0].dtype == np.float16
    assert invoke("_random_randint", [], {"low": "0", "high": "5", "shape": "(2,)"})[0].dtype == np.int32
    assert invoke("_random_normal_like", [np.zeros(3, np.float16)], {})[0].dtype == np.float16
    assert invoke("_sample_poisson", [np.ones((2, 3))], {})[0].dtype == np.float32


@pytest.mark.parametrize(
    ("name", "attrs", "text"),
    [
        ("_random_uniform", {"low": "3", "high": "1"}, "low must be less or equal to high"),
        ("_random_normal", {"scale": "-1"}, "scale parameter in gaussian has to be positive"),
        ("_random_gamma", {"alpha": "-1"}, "alpha parameter in gamma distribution has to be positive"),
        ("_random_poisson", {"lam": "-1"}, "lambda parameter in poisson distribution has to be non-negative"),
        ("_random_randint", {"low": "5", "high": "5"}, "low must be less than high"),
    ],
)
def test_refusals(name: str, attrs: dict[str, str], text: str) -> None:
    with pytest.raises(MXNetError, match=text):
        invoke(name, [], {**attrs, "shape": "(3,)"})


def test_parameters_are_alike() -> None:
    with pytest.raises(MXNetError, match="Shape inconsistent"):
        invoke("_sample_normal", [np.ones((2, 3)), np.ones((2, 1))], {})
    with pytest.raises(MXNetError, match="expected float64, got float32"):
        invoke("_sample_normal", [np.ones(2), np.ones(2, np.float32)], {})


@pytest.mark.parametrize(
    ("shape", "extra", "expected"), [((3,), "()", (1,)), ((2, 3), "()", (2,)), ((2, 3), "(4, 1)", (2, 4, 1))]
)
def test_multinomial_shapes(shape: tuple[int, ...], extra: str, expected: tuple[int, ...]) -> None:
    drawn, logarithm = invoke("_sample_multinomial", [np.full(shape, 1 / 3)], {"shape": extra, "get_prob": "True"})
    assert drawn.shape == logarithm.shape == expected
    assert drawn.dtype == np.int32
    np.testing.assert_allclose(logarithm, np.log(1 / 3))


def test_multinomial_frequencies() -> None:
    drawn = invoke("_sample_multinomial", [np.array([[0.0, 0.25, 0.75], [1.0, 0.0, 0.0]])], {"shape": str((COUNT,))})[0]
    assert np.bincount(drawn[0], minlength=3) / COUNT == pytest.approx([0, 0.25, 0.75], abs=0.02)
    assert not drawn[1].any()


def test_unique_zipfian() -> None:
    samples, tries = invoke("_sample_unique_zipfian", [], {"range_max": "6", "shape": "(20, 6)"})
    assert (np.sort(samples, axis=1) == np.arange(6)).all()
    assert (tries >= 6).all()
    with pytest.raises(MXNetError, match="cannot exceed the number of possible classes"):
        invoke("_sample_unique_zipfian", [], {"range_max": "6", "shape": "(2, 7)"})


def test_shuffle() -> None:
    data = np.arange(24).reshape(12, 2)
    (made,) = invoke("_shuffle", [data], {})
    assert (made != data).any()
    assert sorted(map(tuple, made)) == sorted(map(tuple, data))


def test_a_seed_starts_the_stream_again() -> None:
    mx.random.seed(3)
    first = mx.nd.random.uniform(shape=5).asnumpy()
    mx.random.seed(3)
    assert (mx.nd.random.uniform(shape=5).asnumpy() == first).all()
    assert (mx.nd.random.uniform(shape=5).asnumpy() != first).any()


def test_functions_of_arrays() -> None:
    low, high = mx.nd.array([1, 2]), mx.nd.array([3, 4])
    assert mx.nd.random.uniform(low, high, shape=3).shape == (2, 3)
    assert mx.nd.random.normal_like(mx.nd.ones((2, 3))).shape == (2, 3)
    out = mx.nd.zeros((2, 2), dtype="float64")
    assert mx.nd.random.normal(out=out) is out
    assert (out.asnumpy() != 0).all()
    with pytest.raises(AssertionError, match="must all have the same type"):
        mx.nd.random.uniform(low, 3)


def test_a_graph_draws_anew_each_time() -> None:
    noise = mx.sym.random.normal(loc=5, scale=0.1, shape=(50,))
    executor = (noise + mx.sym.var("x")).bind(mx.cpu(), {"x": mx.nd.ones((50,))})
    first = executor.forward()[0].asnumpy()
    second = executor.forward()[0].asnumpy()
    assert (first != second).any()
    assert first.mean() == pytest.approx(6, abs=0.1)


def test_consumers_say_what_shape_is_drawn() -> None:
    noise = mx.sym.random.normal(loc=5, scale=0.1)
    executor = (noise + mx.sym.var("x")).bind(mx.cpu(), {"x": mx.nd.ones((50, 2))})
    made = executor.forward()[0].asnumpy()
    assert made.shape == (50, 2)
    assert made.std() > 0.01


def test_a_number_is_not_shuffled() -> None:
    with pytest.raises(MXNetError, match="no axis to shuffle along"):
        invoke("_shuffle", [np.array(3.0)], {})


def test_threads_draw_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """No two draw the same words: whoever takes some holds the lock."""
    held = []
    take = draws.Streams.words

    def words(self: draws.Streams, counts: np.ndarray) -> np.ndarray:
        held.append(draws.DRAWING.locked())
        return take(self, counts)

    monkeypatch.setattr(draws.Streams, "words", words)
    invoke("_random_uniform", [], {"shape": "(3,)"})
    assert held == [True]
    assert not draws.DRAWING.locked()
