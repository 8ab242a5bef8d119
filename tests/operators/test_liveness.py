"""The peak of live tensors."""

from offboard.operators.liveness import Step, peak_bytes


def test_a_tensor_lives_from_its_making_to_its_last_use() -> None:
    steps = [Step(["x"], ["a"]), Step(["a"], ["b"]), Step(["b", "a"], ["c"]), Step(["c"], ["y"])]
    sizes = {"x": 1, "a": 10, "b": 100, "c": 1000, "y": 2}
    # While c is made a and b live.
    assert peak_bytes(steps, sizes.__getitem__, {"x", "y"}) == 1 + 2 + 1110


def test_what_nobody_uses_lives_for_one_step() -> None:
    sizes = {"x": 1, "unused": 50, "y": 5, "z": 7}
    steps = [Step(["x"], ["unused", "y"]), Step(["y"], ["z"])]
    assert peak_bytes(steps, sizes.__getitem__, {"x", "z"}) == 8 + 55


def test_nested_graphs_count_while_their_node_runs() -> None:
    sizes = {"x": 1, "a": 10, "y": 2}
    assert peak_bytes([Step(["x"], ["a"]), Step(["a"], ["y"], 500)], sizes.__getitem__, {"x", "y"}) == 3 + 10 + 500
