"""Faces and five landmarks of a picture, by MTCNN's four networks (Zhang et al. 2016)."""

import math
import warnings

import cv2
import mxnet as mx
import numpy as np

MIN_FACE, FACTOR, THRESHOLDS = 40, 0.709, (0.6, 0.7, 0.8)


def load(folder, ctx):
    """The four networks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [mx.model.FeedForward.load(f"{folder}/det{number}", 1, ctx=ctx) for number in (1, 2, 3, 4)]


def prepared(picture):
    """A picture (HWC, BGR) as networks see it."""
    return (picture.transpose(2, 0, 1)[None].astype(np.float32) - 127.5) * 0.0078125


def suppressed(boxes, overlap, least=False):
    """Numbers of the boxes that no better box overlaps."""
    order, kept = boxes[:, 4].argsort()[::-1], []
    areas = (boxes[:, 2] - boxes[:, 0] + 1) * (boxes[:, 3] - boxes[:, 1] + 1)
    while order.size:
        best, rest = order[0], order[1:]
        kept.append(best)
        width = np.minimum(boxes[best, 2], boxes[rest, 2]) - np.maximum(boxes[best, 0], boxes[rest, 0]) + 1
        height = np.minimum(boxes[best, 3], boxes[rest, 3]) - np.maximum(boxes[best, 1], boxes[rest, 1]) + 1
        shared = np.maximum(0, width) * np.maximum(0, height)
        whole = np.minimum(areas[best], areas[rest]) if least else areas[best] + areas[rest] - shared
        order = rest[shared / whole <= overlap]
    return kept


def moved(boxes, offsets):
    """Boxes corrected by offsets in parts of their sides."""
    sides = boxes[:, 2:4] - boxes[:, :2] + 1
    made = boxes.copy()
    made[:, :4] += offsets * np.tile(sides, 2)
    return made


def squares(boxes):
    """The squares around boxes, rounded."""
    made, sides = boxes.copy(), boxes[:, 2:4] - boxes[:, :2] + 1
    longest = sides.max(axis=1)
    made[:, :2] += sides * 0.5 - longest[:, None] * 0.5
    made[:, 2:4] = made[:, :2] + longest[:, None] - 1
    made[:, :4] = np.round(made[:, :4])
    return made


def crop(picture, box, size):
    """A box of a picture, with black where it is outside, in another size."""
    left, top, right, bottom = (int(each) for each in box[:4])
    height, width = picture.shape[:2]
    patch = np.zeros((bottom - top + 1, right - left + 1, 3), np.uint8)
    inside = picture[max(top, 0) : min(bottom, height - 1) + 1, max(left, 0) : min(right, width - 1) + 1]
    y, x = max(-top, 0), max(-left, 0)
    patch[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
    return prepared(cv2.resize(patch, (size, size)))


def proposals(network, picture):
    """Boxes of the first network over a pyramid of sizes."""
    height, width = picture.shape[:2]
    scale, found = 12.0 / MIN_FACE, []
    while min(height, width) * scale > 12:
        size = (math.ceil(width * scale), math.ceil(height * scale))
        offsets, scores = network.predict(prepared(cv2.resize(picture, size)))
        rows, columns = np.where(scores[0, 1] > THRESHOLDS[0])
        corner = np.stack([columns, rows], 1) * 2 + 1
        boxes = np.concatenate([np.round(corner / scale), np.round((corner + 12) / scale)], 1)
        boxes = np.column_stack([boxes, scores[0, 1][rows, columns], offsets[0][:, rows, columns].T])
        found.append(boxes[suppressed(boxes, 0.5)])
        scale *= FACTOR
    boxes = np.vstack(found)
    boxes = boxes[suppressed(boxes, 0.7)]
    return squares(moved(boxes[:, :5], boxes[:, 5:]))


def detect(networks, picture):
    """(boxes with scores, x of landmarks, y of landmarks) in a picture (HWC, BGR)."""
    first, second, third, fourth = networks
    boxes = proposals(first, picture)
    offsets, scores = second.predict(np.concatenate([crop(picture, box, 24) for box in boxes]))
    passed = scores[:, 1] > THRESHOLDS[1]
    boxes = np.column_stack([boxes[passed, :4], scores[passed, 1]])
    kept = suppressed(boxes, 0.7)
    boxes = squares(moved(boxes[kept], offsets[passed][kept]))
    points, offsets, scores = third.predict(np.concatenate([crop(picture, box, 48) for box in boxes]))
    passed = scores[:, 1] > THRESHOLDS[2]
    boxes = np.column_stack([boxes[passed, :4], scores[passed, 1]])
    sides = boxes[:, 2:4] - boxes[:, :2] + 1
    x = boxes[:, :1] + sides[:, :1] * points[passed, :5]
    y = boxes[:, 1:2] + sides[:, 1:] * points[passed, 5:]
    boxes = moved(boxes, offsets[passed])
    kept = suppressed(boxes, 0.7, least=True)
    return boxes[kept], *refined(fourth, picture, boxes[kept], x[kept], y[kept])


def refined(network, picture, boxes, x, y):
    """Landmarks as the last network sees them in patches around each."""
    side = np.round((boxes[:, 2:4] - boxes[:, :2] + 1).max(axis=1) * 0.25)
    side += side % 2
    left, top = np.round(x - 0.5 * side[:, None]), np.round(y - 0.5 * side[:, None])
    patches = np.zeros((len(boxes), 15, 24, 24), np.float32)
    for face in range(len(boxes)):
        for point in range(5):
            corner = left[face, point], top[face, point]
            box = (*corner, corner[0] + side[face] - 1, corner[1] + side[face] - 1)
            patches[face, 3 * point : 3 * point + 3] = crop(picture, box, 24)[0]
    shifts = np.stack(network.predict(patches), 1)
    shifts[np.abs(shifts - 0.5) > 0.35] = 0.5
    return left + shifts[:, :, 0] * side[:, None], top + shifts[:, :, 1] * side[:, None]
