"""Arithmetic of boxes, suppression, matching and proposals by numbers worked out by hand."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from offboard.errors import MXNetError
from offboard.runtime.imperative import invoke

Array = npt.NDArray[Any]


def run(operator: str, *inputs: Array, **attrs: object) -> list[Array]:
    return invoke(operator, inputs, {key: str(value) for key, value in attrs.items()})


UNIT = [0, 0, 1, 1]


def test_overlap_is_zero_without_a_common_area_and_for_boxes_of_negative_size() -> None:
    left = np.float32([UNIT, [1, 1, 0, 0]])
    right = np.float32([UNIT, [0.5, 0, 1.5, 1], [1, 0, 2, 1]])
    made = run("_contrib_box_iou", left, right)[0]
    assert made == pytest.approx(np.float32([[1, 1 / 3, 0], [0, 0, 0]]))


def test_overlap_of_centred_boxes_has_both_shapes() -> None:
    left = np.float32([[[0.5, 0.5, 1, 1]], [[1.5, 0.5, 1, 1]]])
    made = run("_contrib_box_iou", left, np.float32([[1, 0.5, 1, 1]]), format="center")[0]
    assert made.shape == (2, 1, 1)
    assert made.ravel() == pytest.approx([1 / 3, 1 / 3])


def test_encoding_is_undone_by_decoding() -> None:
    anchors, refs = np.float32([[UNIT, [1, 1, 3, 2]]]), np.float32([[[0, 0, 2, 4]]])
    means, stds = np.zeros(4, np.float32), np.float32([0.1, 0.1, 0.2, 0.2])
    matches = np.zeros((1, 2), np.float32)
    targets, masks = run("_contrib_box_encode", np.float32([[1, 1]]), matches, anchors, refs, means, stds)
    assert targets[0, 0] == pytest.approx([5, 15, np.log(2) / 0.2, np.log(4) / 0.2])
    assert masks.min() == 1
    attrs = {"std0": 0.1, "std1": 0.1, "std2": 0.2, "std3": 0.2, "format": "corner"}
    assert run("_contrib_box_decode", targets, anchors, **attrs)[0] == pytest.approx(
        np.float32([[[0, 0, 2, 4]] * 2]), abs=1e-5
    )


def test_encoding_leaves_out_samples_of_half_or_less() -> None:
    box = np.float32([[UNIT]])
    targets, masks = run(
        "_contrib_box_encode", np.float32([[0.5]]), np.float32([[0]]), box, box, np.ones(4, "f"), np.ones(4, "f")
    )
    assert not targets.any()
    assert not masks.any()


def test_encoding_looks_at_matches_of_samples_that_count() -> None:
    box, ones = np.float32([[UNIT]]), np.ones(4, "f")
    targets, _ = run("_contrib_box_encode", np.float32([[0]]), np.float32([[-1]]), box, box, ones, ones)
    assert not targets.any()
    with pytest.raises(MXNetError, match="a match is out of range"):
        run("_contrib_box_encode", np.float32([[1]]), np.float32([[1]]), box, box, ones, ones)


def test_decoding_clips_the_logarithms_of_sizes() -> None:
    made = run("_contrib_box_decode", np.float32([[[0, 0, 9, np.log(2)]]]), np.float32([[[1, 1, 2, 2]]]), clip=1)[0]
    assert made.ravel() == pytest.approx([1 - np.e, -1, 1 + np.e, 3], rel=1e-5)


def test_matching_takes_the_best_pairs_and_one_more_than_topk() -> None:
    scores = np.float32([[0.5, 0.6], [0.1, 0.2], [0.3, 0.4]])
    rows, columns = run("_contrib_bipartite_matching", scores, threshold=1e-12)
    assert (rows.tolist(), columns.tolist()) == ([1, -1, 0], [2, 0])
    rows, columns = run("_contrib_bipartite_matching", scores, threshold=0.25, is_ascend=True)
    assert (rows.tolist(), columns.tolist()) == ([-1, 0, -1], [1, -1])
    many = np.eye(4, dtype=np.float32)
    assert run("_contrib_bipartite_matching", many, threshold=0.5, topk=2)[0].tolist() == [0, 1, 2, -1]


def test_suppression_goes_by_class_and_puts_survivors_first() -> None:
    rows = np.float32(
        [[0, 0.5, 0, 0, 2, 2], [0, 0.9, 0, 0, 2, 1.9], [1, 0.8, 0, 0, 2, 2], [-1, 0.95, 5, 5, 6, 6], [0, 0, 7, 7, 8, 8]]
    )
    made = run("_contrib_box_nms", rows, overlap_thresh=0.5, id_index=0)[0]
    assert made[:2, :2] == pytest.approx(np.float32([[0, 0.9], [1, 0.8]]))
    assert (made[2:] == -1).all()
    forced = run("_contrib_box_nms", rows, overlap_thresh=0.5, id_index=0, force_suppress=True)[0]
    assert forced[:, 1] == pytest.approx(np.float32([0.9, -1, -1, -1, -1]))
    assert run("_contrib_box_nms", rows, topk=0)[0].tolist() == rows.tolist()


def test_suppressed_boxes_suppress_none() -> None:
    chain = np.float32([[0, 0.9, 0, 0, 10, 1], [0, 0.8, 4, 0, 14, 1], [0, 0.7, 8, 0, 18, 1]])
    made = run("_contrib_box_nms", chain, overlap_thresh=0.4)[0]
    assert made[:, 1] == pytest.approx(np.float32([0.9, 0.7, -1]))


def test_targets_give_every_object_its_best_anchor_and_anchors_their_object() -> None:
    anchors = np.float32([[[0, 0, 1, 1], [0, 0, 1, 0.9], [2, 2, 3, 3], [0.5, 0, 1.5, 1]]])
    labels = np.float32([[[2, 0, 0, 1, 1], [0, 2, 2, 4, 4], [-1] * 5], [[-1] * 5] * 3])
    predictions = np.zeros((2, 3, 4), np.float32)
    offsets, mask, classes = run("_contrib_MultiBoxTarget", anchors, labels, predictions)
    assert classes.tolist() == [[3, 3, 1, 0], [-1, -1, -1, -1]]
    assert mask.reshape(2, 4, 4)[..., 0].tolist() == [[1, 1, 1, 0], [0, 0, 0, 0]]
    moved = [5, 5, np.log(2) / 0.2, np.log(2) / 0.2]
    assert offsets.reshape(2, 4, 4)[0, 2] == pytest.approx(moved, rel=1e-5)


def test_mining_takes_the_anchors_that_look_least_like_background() -> None:
    anchors = np.float32([[[0, 0, 1, 1], [2, 2, 3, 3], [4, 4, 5, 5], [6, 6, 7, 7]]])
    labels = np.float32([[[0, 0, 0, 1, 1]]])
    predictions = np.float32([[[0, 3, 1, 2], [0, 0, 0, 0]]])
    attrs = {"negative_mining_ratio": 2, "negative_mining_thresh": 0.5, "ignore_label": -7}
    assert run("_contrib_MultiBoxTarget", anchors, labels, predictions, **attrs)[2].tolist() == [[1, -7, 0, 0]]


def test_proposals_drop_small_boxes_suppress_and_repeat() -> None:
    scores = np.zeros((1, 2, 1, 3), np.float32)
    scores[0, 1, 0] = [0.5, 0.9, 0.7]
    offsets = np.zeros((1, 4, 1, 3), np.float32)
    info = np.float32([[16, 48, 1]])
    attrs = {
        "feature_stride": 16,
        "scales": "(1,)",
        "ratios": "(1,)",
        "rpn_min_size": 4,
        "rpn_post_nms_top_n": 5,
        "output_score": True,
    }
    regions, found = run("_contrib_Proposal", scores, offsets, info, **attrs)
    assert regions.tolist() == [[0, x, 0, x + 15, 15] for x in (16, 32, 0, 16, 32)]
    assert found.ravel() == pytest.approx(np.float32([0.9, 0.7, 0.5, 0.9, 0.7]))
    # A picture of two cells leaves the third out: it scores -1 and comes last, clipped.
    regions, found = run("_contrib_Proposal", scores, offsets, np.float32([[16, 32, 1]]), **attrs)
    assert found.ravel()[:3] == pytest.approx(np.float32([0.9, 0.5, -1]))


@pytest.mark.parametrize(
    ("operator", "shapes", "attrs"),
    [
        ("_contrib_box_iou", [(2, 4), (2, 5)], {}),
        ("_contrib_box_decode", [(1, 2, 4), (1, 3, 4)], {}),
        ("_contrib_box_nms", [(3, 5)], {"id_index": 1, "score_index": 1}),
        ("_contrib_box_nms", [(3, 6)], {"coord_start": 3}),
        ("_contrib_bipartite_matching", [(3,)], {"threshold": 0.5}),
        ("_contrib_MultiBoxTarget", [(1, 3, 4), (1, 1, 4), (1, 2, 3)], {}),
        ("_contrib_Proposal", [(2, 24, 2, 2), (2, 48, 2, 2), (2, 3)], {}),
        ("_contrib_MultiProposal", [(2, 24, 2, 2), (2, 44, 2, 2), (2, 3)], {}),
    ],
)
def test_what_does_not_fit_is_refused(operator: str, shapes: list[tuple[int, ...]], attrs: dict[str, object]) -> None:
    with pytest.raises(MXNetError, match="Error in operator"):
        run(operator, *(np.zeros(shape, np.float32) for shape in shapes), **attrs)
