"""Factorizations of matrices as loops of row operations, in the precision of their input.

Matrices are batches (b, rows, columns). Each iteration works on whole rows or columns of all matrices at once, so that
the number of nodes does not depend on their size. Of large triangles blocks of rows are taken, so that most of the work
is products of matrices.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from offboard.operators.builder import BOOL, FLOAT64, INT64, Builder, Value
from offboard.operators.loops import outer, repeat
from offboard.operators.suppression import reordered

__all__ = ["cholesky", "eigen", "eliminate", "lq", "solve_lower", "solve_upper", "triangle"]

# Rows of a block.
_BLOCK = 16
# Sweeps of Jacobi rotations before giving up; convergence is quadratic, 6 to 10 are usual.
_SWEEPS = 30


def _positions(g: Builder, size: int, axis: int) -> Value:
    """0..size along one axis of a batch of matrices."""
    shape = [1, 1, 1]
    shape[axis] = size
    return g.const(np.arange(size, dtype=np.int64).reshape(shape))


def triangle(x: Value, *, lower: bool = True) -> Value:
    """A triangle of square or wide matrices, zero elsewhere, whatever stood there."""
    rows, columns = x.shape[-2:]
    mask = np.tri(rows, columns, dtype=np.bool_)
    return x.graph.where(x.graph.const(mask if lower else np.triu(np.ones_like(mask))), x, x.graph.const(0, x.dtype))


def _in_blocks(x: Value) -> Value:
    """Square matrices with as many rows of the identity besides as make blocks whole."""
    n = x.shape[1]
    more = -n % _BLOCK
    if not more:
        return x
    return x.pad([(0, 0), (0, more), (0, more)]) + x.graph.const(np.diag(np.arange(n + more) >= n).astype(x.dtype))


def cholesky(a: Value) -> tuple[Value, Value]:
    """The lower factor of positive definite matrices, block by block, and whether there is one (0-dimensional)."""
    b, n, _ = a.shape
    if n <= 2 * _BLOCK:
        return _cholesky_by_columns(a)
    whole = _in_blocks(a)
    size = whole.shape[1]
    blocks = size // _BLOCK

    def step(body: Builder, index: Value, carried: list[Value]) -> list[Value]:
        rest, fine = carried
        at = index.reshape((1,))
        columns = rest.reshape((b, size, blocks, _BLOCK)).gather(at, 2).reshape((b, size, _BLOCK))
        square = columns.reshape((b, blocks, _BLOCK, _BLOCK)).gather(at, 1).reshape((b, _BLOCK, _BLOCK))
        factor, found = _cholesky_by_columns(square)
        solved = _solve_by_rows(factor, columns.swapaxes(1, 2)).swapaxes(1, 2)
        below = _positions(body, size, 1) >= index * _BLOCK
        made = body.where(below, solved, body.const(0, a.dtype))
        return [rest - made @ made.swapaxes(1, 2), fine & found, made]

    _, fine, made = repeat(blocks, [whole, a.graph.const(True, BOOL)], step)
    factor = made.transpose([1, 2, 0, 3]).reshape((b, size, size))
    return triangle(factor.slices({1: (0, n, 1), 2: (0, n, 1)})), fine


def _cholesky_by_columns(a: Value) -> tuple[Value, Value]:
    b, n, _ = a.shape

    def step(body: Builder, index: Value, carried: list[Value]) -> list[Value]:
        rest, factor, fine = carried
        at = index.reshape((1,))
        column = rest.gather(at, 2)
        pivot = column.gather(at, 1)
        scaled = body.where(_positions(body, n, 1) >= index, column / pivot.sqrt(), body.const(0, a.dtype))
        here = _positions(body, n, 2).equals(index)
        return [
            rest - scaled @ scaled.swapaxes(1, 2),
            body.where(here, scaled, factor),
            fine & ~_anywhere(pivot <= 0),
        ]

    g = a.graph
    _, factor, fine = repeat(n, [a, g.full((b, n, n), 0, a.dtype), g.const(True, BOOL)], step)
    return factor, fine


def _anywhere(condition: Value) -> Value:
    """Whether a condition holds anywhere, 0-dimensional."""
    return condition.cast(np.int32).max(range(condition.ndim)).cast(BOOL)


def solve_lower(lower: Value, right: Value) -> Value:
    """x of lower . x = right, block by block; what stands above the diagonal is not read."""
    b, n, width = right.shape
    if n <= 2 * _BLOCK:
        return _solve_by_rows(lower, right)
    g = right.graph
    whole = _in_blocks(triangle(lower))
    size = whole.shape[1]
    blocks = size // _BLOCK
    # The blocks on the diagonal are inverted, all at once.
    squares = whole.reshape((b, blocks, _BLOCK, blocks, _BLOCK)).transpose([0, 1, 3, 2, 4])
    squares = squares.reshape((b, blocks * blocks, _BLOCK, _BLOCK)).gather(g.const(np.arange(blocks) * (blocks + 1)), 1)
    squares = squares.reshape((b * blocks, _BLOCK, _BLOCK))
    identity = g.const(np.eye(_BLOCK, dtype=right.dtype)[None]).expand(squares.shape)
    inverses = _solve_by_rows(squares, identity).reshape((b, blocks, _BLOCK, _BLOCK))
    columns = whole.reshape((b, size, blocks, _BLOCK))

    def step(body: Builder, index: Value, carried: list[Value]) -> list[Value]:
        (rest,) = carried
        at = index.reshape((1,))
        here = rest.reshape((b, blocks, _BLOCK, width)).gather(at, 1)
        made = (outer(body, inverses).gather(at, 1) @ here).reshape((b, _BLOCK, width))
        return [rest - outer(body, columns).gather(at, 2).reshape((b, size, _BLOCK)) @ made, made]

    made = repeat(blocks, [right.pad([(0, 0), (0, size - n), (0, 0)])], step)[1]
    return made.transpose([1, 0, 2, 3]).reshape((b, size, width)).slice(1, 0, n)


def solve_upper(upper: Value, right: Value) -> Value:
    """x of upper . x = right; what stands below the diagonal is not read."""
    # Read backwards, an upper triangle is a lower one.
    return _reversed(solve_lower(_reversed(upper, 1, 2), _reversed(right, 1)), 1)


def _reversed(x: Value, *axes: int) -> Value:
    return x.slices({axis: (x.shape[axis] - 1, -1, -1) for axis in axes})


def _solve_by_rows(lower: Value, right: Value) -> Value:
    n = lower.shape[1]
    factor = triangle(lower)

    def step(body: Builder, index: Value, carried: list[Value]) -> list[Value]:
        (made,) = carried
        at = index.reshape((1,))
        row = outer(body, factor).gather(at, 1)
        rest = outer(body, right).gather(at, 1) - row @ made
        place = index.reshape((1, 1, 1)).expand(rest.shape)
        return [body.emit("ScatterElements", [made, place, rest / row.gather(at, 2)], made.shape, axis=1)]

    return repeat(n, [right.graph.full(right.shape, 0, right.dtype)], step)[0]


def eliminate(a: Value, noise: float = 0.0) -> tuple[Value, Value]:
    """Gauss's elimination with partial pivoting of (b, n, n + m): what becomes of the m columns, and the pivots.

    The m columns, multiplied by the inverse of the n. Pivots are (b, n), negated where rows were exchanged; those of at
    most ``noise`` times the largest element are 0.
    """
    g = a.graph
    b, n, _ = a.shape
    if n <= 2 * _BLOCK:
        return _eliminate_by_rows(a, noise)
    square, width = a.slice(2, 0, n), _BLOCK
    whole = _in_blocks(square)
    size = whole.shape[1]
    blocks = size // width
    whole = g.concat([whole, a.slice(2, n, a.shape[2]).pad([(0, 0), (0, size - n), (0, 0)])], 2)
    total = whole.shape[2]
    least = square.abs().max([1, 2], True) * noise
    below_diagonal = np.tri(width, k=-1, dtype=a.dtype)

    def step(body: Builder, index: Value, carried: list[Value]) -> list[Value]:
        (matrix,) = carried
        at, first = index.reshape((1,)), index * width
        columns = matrix.slice(2, 0, size).reshape((b, size, blocks, width)).gather(at, 2).reshape((b, size, width))
        lines, order, pivots = _eliminate_columns(columns.swapaxes(1, 2), first, outer(body, least))
        ordered = reordered(matrix, order)
        # Rows of the block less multiples of each other, then those below less multiples of them.
        factors = lines.reshape((b, width, blocks, width)).gather(at, 2).reshape((b, width, width)).swapaxes(1, 2)
        factors = factors * body.const(below_diagonal) + body.const(np.eye(width, dtype=a.dtype))
        top = ordered.reshape((b, blocks, width, total)).gather(at, 1).reshape((b, width, total))
        upper = _solve_by_rows(factors, top)
        below = body.where(_positions(body, size, 2) >= first + width, lines, body.const(0, a.dtype))
        return [ordered - below.swapaxes(1, 2) @ upper, upper, pivots]

    _, upper, pivots = repeat(blocks, [whole], step)
    made = upper.transpose([1, 0, 2, 3]).reshape((b, size, total))
    solved = solve_upper(made.slice(2, 0, size), made.slice(2, size, total)).slice(1, 0, n)
    return solved, pivots.transpose([1, 0, 2]).reshape((b, size)).slice(1, 0, n)


def _eliminate_columns(lines: Value, first: Value, least: Value) -> tuple[Value, Value, Value]:
    """Elimination in a few columns, here the lines of (b, width, rows), of which the pivots are from row ``first`` on.

    Returns the lines, with the factors of rows below the pivots in their places, the order of rows (b, rows), and the
    pivots (b, width).
    """
    b, width, size = lines.shape
    dtype = lines.dtype

    def step(body: Builder, index: Value, carried: list[Value]) -> list[Value]:
        panel, order, pivots = carried
        places, numbers = _positions(body, size, 2), _positions(body, width, 1)
        zero = body.const(0, dtype)
        row = outer(body, first) + index
        at, here = index.reshape((1,)), row.reshape((1,))
        candidates = body.where(places >= row, panel.gather(at, 1).abs(), body.const(-1, dtype))
        best = body.emit("ArgMax", [candidates], (b, 1, 1), INT64, axis=2, keepdims=1)

        def exchanged(value: Value) -> tuple[Value, Value]:
            """With two rows exchanged, and the one that comes up."""
            height = value.shape[1]
            chosen = body.emit("GatherElements", [value, best.expand((b, height, 1))], (b, height, 1), axis=2)
            # Two elements of each line: written, for to choose between all takes longer.
            both = body.concat([row.reshape((1, 1, 1)).expand(best.shape), best], 2).expand((b, height, 2))
            updates = body.concat([chosen, value.gather(here, 2)], 2)
            return body.emit("ScatterElements", [value, both, updates], value.shape, axis=2), chosen

        panel, chosen = exchanged(panel)
        pivot = chosen.gather(at, 1)
        nothing = pivot.abs() <= outer(body, least)
        pivot = body.where(nothing, zero, pivot)
        column = panel.gather(at, 1) / body.where(nothing, body.const(1, dtype), pivot)
        factors = body.where(places > row, column, zero)
        reduced = panel - body.where(numbers > index, chosen, zero) * factors
        line = body.where(places > row, factors, reduced.gather(at, 1))
        place = index.reshape((1, 1, 1)).expand((b, 1, size))
        signed = body.where(best.equals(row), pivot, -pivot).reshape((b, 1))
        return [
            body.emit("ScatterElements", [reduced, place, line], reduced.shape, axis=1),
            exchanged(order)[0],
            body.where(body.const(np.arange(width, dtype=np.int64)).equals(index), signed, pivots),
        ]

    g = lines.graph
    order = g.const(np.arange(size, dtype=np.int64).reshape(1, 1, size)).expand((b, 1, size))
    made, order, pivots = repeat(width, [lines, order, g.full((b, width), 0, dtype)], step)
    return made, order.reshape((b, size)), pivots


def _eliminate_by_rows(a: Value, noise: float) -> tuple[Value, Value]:
    g = a.graph
    b, n, width = a.shape
    least = a.slice(2, 0, n).abs().max([1, 2], True) * noise

    def step(body: Builder, index: Value, carried: list[Value]) -> list[Value]:
        matrix, pivots = carried
        rows = _positions(body, n, 1)
        at = index.reshape((1,))
        candidates = body.where(rows >= index, matrix.gather(at, 2).abs(), body.const(-1, a.dtype))
        best = body.emit("ArgMax", [candidates], (b, 1, 1), INT64, axis=1, keepdims=1)
        chosen = body.emit("GatherElements", [matrix, best.expand((b, 1, width))], (b, 1, width), axis=1)
        exchanged = body.where(rows.equals(best), matrix.gather(at, 1), matrix)
        pivot = chosen.gather(at, 2)
        zero = pivot.abs() <= outer(body, least)
        pivot = body.where(zero, body.const(0, a.dtype), pivot)
        scaled = chosen / body.where(zero, body.const(1, a.dtype), pivot)
        reduced = exchanged - exchanged.gather(at, 2) * scaled
        signed = body.where(best.equals(index), pivot, -pivot).reshape((b, 1))
        return [
            body.where(rows.equals(index), scaled, reduced),
            body.where(body.const(np.arange(n, dtype=np.int64)).equals(index), signed, pivots),
        ]

    matrix, pivots = repeat(n, [a, g.full((b, n), 0, a.dtype)], step)
    return matrix.slice(2, n, width), pivots


def lq(a: Value) -> tuple[Value, Value]:
    """Orthonormal rows Q and lower L with L . Q = a for wide (b, m, n), by Householder's reflections.

    Signs are LAPACK's: a reflection turns a row onto the negative of its leading element's sign, and is left out where
    the rest of the row is zero.
    """
    b, m, n = a.shape
    g = a.graph

    def step(body: Builder, index: Value, carried: list[Value]) -> list[Value]:
        matrix, turned = carried
        columns = _positions(body, n, 2)
        zero, one = body.const(0, a.dtype), body.const(1, a.dtype)
        at = index.reshape((1,))
        row = matrix.gather(at, 1)
        lead = row.gather(at, 2)
        tail = body.where(columns > index, row, zero)
        square = (tail * tail).sum([2], True)
        flat = square.equals(0)
        length = (lead * lead + square).sqrt()
        onto = body.where(flat, one, body.where(lead < 0, length, -length))
        scale = body.where(flat, zero, (onto - lead) / onto)
        normal = body.where(columns.equals(index), one, tail / body.where(flat, one, lead - onto))
        normal_column = normal.swapaxes(1, 2)
        return [
            matrix - matrix @ normal_column * scale @ normal,
            turned - normal_column @ (normal @ turned) * scale,
        ]

    identity = g.const(np.eye(n, dtype=a.dtype)[None]).expand((b, n, n))
    matrix, turned = repeat(m, [a, identity], step)
    return turned.slice(1, 0, m), triangle(matrix.slice(2, 0, m))


def _round_robin(size: int) -> np.ndarray:
    """Where each seat's player comes from when neighbours (0, 1), (2, 3) ... have met: all meet in size - 1 rounds."""
    source = np.arange(size)
    if size > 2:
        source[2] = 1
        source[4::2] = np.arange(2, size - 2, 2)
        source[1:-1:2] = np.arange(3, size, 2)
        source[-1] = size - 2
    return source.astype(np.int64)


def eigen(a: Value) -> tuple[Value, Value]:
    """Eigenvectors as rows (b, n, n) and ascending eigenvalues (b, n) of symmetric matrices, by Jacobi's rotations.

    An iteration turns n / 2 disjoint pairs of rows and columns; n - 1 iterations meet every pair once. The largest
    component of each vector is positive.
    """
    g = a.graph
    b, n, _ = a.shape
    size = n + n % 2
    half = size // 2
    # An odd matrix has one more row of zeros, which no rotation touches and which every sweep brings back to the end.
    padded = a.pad([(0, 0), (0, size - n), (0, size - n)])
    seats = np.arange(0, size, 2, dtype=np.int64)
    diagonal = np.arange(size, dtype=np.int64) * (size + 1)
    elsewhere = 1.0 - np.eye(size)

    def step(body: Builder, index: Value, carried: list[Value]) -> list[Value]:
        matrix, vectors = carried
        flat = matrix.reshape((b, size * size))
        first = flat.gather(body.const(diagonal[0::2]), 1)
        second = flat.gather(body.const(diagonal[1::2]), 1)
        common = flat.gather(body.const(seats * size + seats + 1), 1)
        apart = common.equals(0)
        cotangent = (second - first) / (body.where(apart, body.const(1.0, FLOAT64), common) * 2.0)
        root = (cotangent * cotangent + 1.0).sqrt() + cotangent.abs()
        tangent = body.where(cotangent < 0, -1.0 / root, 1.0 / root)
        tangent = body.where(apart, body.const(0.0, FLOAT64), tangent)
        cosine = 1.0 / (tangent * tangent + 1.0).sqrt()
        sine = (tangent * cosine).reshape((b, half, 1, 1))
        cosine = cosine.reshape((b, half, 1, 1))

        def turn(rows: Value) -> Value:
            one, other = rows.reshape((b, half, 2, size)).split(2, 2)
            return body.concat([one * cosine - other * sine, one * sine + other * cosine], 2).reshape(rows.shape)

        seating = body.const(_round_robin(size))
        turned = turn(turn(matrix).swapaxes(1, 2))
        return [turned.gather(seating, 1).gather(seating, 2), turn(vectors).gather(seating, 1)]

    def going(index: Value, left: Sequence[Value]) -> Value:
        body = index.graph
        squares = left[0] * left[0]
        off = (squares * body.const(elsewhere[None])).sum([1, 2])
        unfinished = _anywhere(off > squares.sum([1, 2]) * (size * size * 1e-30))
        amid = ~body.emit("Mod", [index, body.const(size - 1, INT64)], ()).equals(size - 2)
        return amid | unfinished

    identity = g.const(np.eye(size)[None]).expand((b, size, size))
    matrix, vectors = repeat(_SWEEPS * (size - 1), [padded, identity], step, going)
    values = matrix.reshape((b, size * size)).gather(g.const(diagonal[:n]), 1)
    shape = (b, n)
    ordered, order = g.emit_many(
        "TopK", [values, g.ints([n])], [(shape, None), (shape, INT64)], axis=1, largest=0, sorted=1
    )
    rows = g.emit(
        "GatherND", [vectors.slices({1: (0, n, 1), 2: (0, n, 1)}), order.unsqueeze(2)], (b, n, n), batch_dims=1
    )
    largest = (rows.abs() >= rows.abs().max([2], True) * (1 - 1e-6)).cast(np.int32)
    at = g.emit("ArgMax", [largest], (b, n, 1), INT64, axis=2, keepdims=1)
    lead = g.emit("GatherElements", [rows, at], (b, n, 1), axis=2)
    return g.where(lead < 0, -rows, rows), ordered
