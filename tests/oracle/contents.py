"""What inputs are filled with: functions of a shape that make float64."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

import numpy as np

__all__ = ["Contents", "Makers", "Shape"]

Contents = Callable[[tuple[int, ...]], np.ndarray]
Shape = tuple[int, ...]


class Makers:
    """The words for contents in the strategies' expressions, without their underscore."""

    random: Random

    def _generator(self) -> np.random.Generator:
        return np.random.default_rng(self.random.getrandbits(32))

    def _normal(self, scale: float = 2.0) -> Contents:
        return lambda shape: self._generator().standard_normal(shape) * scale

    def _ties(self, low: int = -3, high: int = 3) -> Contents:
        return lambda shape: self._generator().integers(low, high + 1, shape).astype(np.float64)

    def _special(self) -> Contents:
        pool = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -2.5, 1e-30, 70.0, -70.0, 200.0])
        return lambda shape: self._generator().choice(pool, shape)

    def _wide(self) -> Contents:
        def make(shape: Shape) -> np.ndarray:
            generator = self._generator()
            return generator.standard_normal(shape) * 10.0 ** generator.integers(-6, 5, shape)

        return make

    def _positive(self, low: float = 0.1, high: float = 3.0) -> Contents:
        return lambda shape: self._generator().uniform(low, high, shape)

    def _unit(self) -> Contents:
        return lambda shape: self._generator().uniform(-1, 1, shape)

    def _below(self, count: int, beyond: int = 0, low: int = 0) -> Contents:
        """Whole numbers in low..count, and up to ``beyond`` outside."""
        return lambda shape: (
            self._generator().integers(low - beyond, max(count, low + 1) + beyond, shape).astype(np.float64)
        )

    def _constant(self, value: float) -> Contents:
        return lambda shape: np.full(shape, value, np.float64)

    def _boxes(self, scale: float = 1.0) -> Contents:
        """Corners (..., 4) or (..., k) with boxes in the last four columns."""

        def make(shape: Shape) -> np.ndarray:
            generator = self._generator()
            made = generator.uniform(0, 1, shape)
            low = generator.uniform(0, 0.7, (*shape[:-1], 2))
            made[..., -4:-2], made[..., -2:] = low, low + generator.uniform(0.02, 0.3, low.shape)
            made[..., -4:] *= scale
            return made

        return make

    def _coordinates(self, sizes: Shape, beyond: int = 0) -> Contents:
        """Places in an array of ``sizes``, one a column, all different as far as it has enough of them."""

        def make(shape: Shape) -> np.ndarray:
            count, total = math.prod(shape[1:]), math.prod(sizes)
            chosen = self._generator().permutation(total)[np.arange(count) % total]
            made = np.array(np.unravel_index(chosen, sizes), np.float64).reshape(len(sizes), *shape[1:])
            if beyond:
                made = made + self._generator().integers(-beyond, beyond + 1, made.shape)
            return made

        return make

    def _distinct(self, count: int) -> Contents:
        """Different whole numbers below ``count``."""
        return lambda shape: self._generator().permutation(count)[: math.prod(shape)].reshape(shape).astype(np.float64)

    def _definite(self) -> Contents:
        """Symmetric positive definite matrices."""

        def make(shape: Shape) -> np.ndarray:
            made = self._generator().standard_normal(shape)
            if made.ndim < 2 or shape[-1] != shape[-2]:
                return made
            return made @ made.swapaxes(-1, -2) + np.eye(shape[-1])

        return make

    def _triangle(self) -> Contents:
        """Matrices with a diagonal that is not near 0; whether the other half is 0 must not matter."""

        def make(shape: Shape) -> np.ndarray:
            made = self._generator().standard_normal(shape)
            if made.ndim < 2:
                return made
            return made + np.eye(shape[-2], shape[-1]) * np.where(self._generator().random(shape) < 0.5, 3.0, -4.0)

        return make

    def _rois(self, images: int, size: float) -> Contents:
        """Rows of an image's number and a box in pixels, at times upside down or outside."""

        def make(shape: Shape) -> np.ndarray:
            generator = self._generator()
            made = generator.uniform(-0.1, 1.1, shape) * size
            made[..., 0] = generator.integers(0, images, shape[:-1])
            if shape[-1] == 5 and generator.random() < 0.8:
                made[..., 3:] = made[..., 1:3] + generator.uniform(0, 0.7, made[..., 3:].shape) * size
            if shape[-1] == 6:
                made[..., 5] = generator.uniform(-180, 180, shape[:-1])
            return made

        return make

    def _image_sizes(self, height: int, width: int) -> Contents:
        """Rows of height, width and scale, none larger than the map."""

        def make(shape: Shape) -> np.ndarray:
            generator = self._generator()
            sizes = [generator.uniform(0.6, 1.0, shape[0]) * each for each in (height, width)]
            return np.stack([*sizes, generator.choice([1.0, 0.5, 2.0], shape[0])], 1)

        return make

    def _labels(self, classes: int, blank_first: bool) -> Contents:
        """Rows of one class or more, and padding: 0 where that is the blank, else -1."""

        def make(shape: Shape) -> np.ndarray:
            generator = self._generator()
            made = generator.integers(int(blank_first), max(classes - int(not blank_first), 2), shape)
            for row in made:
                row[generator.integers(1, shape[1] + 1) :] = 0 if blank_first else -1
            return made.astype(np.float64)

        return make

    def _objects(self, classes: int) -> Contents:
        """Labels (batch, objects, 5): class and box; those behind the last object are -1."""

        def make(shape: Shape) -> np.ndarray:
            generator = self._generator()
            made = self._boxes()(shape)
            made[..., 0] = generator.integers(0, classes, shape[:-1])
            for sample in made:
                sample[generator.integers(0, shape[1] + 1) :] = -1
            return made

        return make

    def _affine(self) -> Contents:
        """Transformations that are near to the identity."""
        return lambda shape: np.resize([1.0, 0, 0, 0, 1.0, 0], shape) + self._generator().standard_normal(shape) * 0.3

    def _edges(self) -> Contents:
        """Ends of bins that lie side by side."""
        return lambda shape: np.linspace(-2.0, 2.5, math.prod(shape)).reshape(shape)

    def _symmetric(self) -> Contents:
        def make(shape: Shape) -> np.ndarray:
            made = self._generator().standard_normal(shape)
            return made + made.swapaxes(-1, -2)

        return make
