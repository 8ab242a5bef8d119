"""Sentences as integers, and batches of them by length, for ``BucketingModule``."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import numpy as np

from offboard.mxnet import ndarray as nd
from offboard.mxnet.io import DataBatch, DataDesc, DataIter

__all__ = ["BucketSentenceIter", "encode_sentences"]


def encode_sentences(
    sentences: Sequence[Sequence[str]],
    vocab: dict[str, int] | None = None,
    invalid_label: int = -1,
    invalid_key: str = "\n",
    start_label: int = 0,
    unknown_token: str | None = None,
) -> tuple[list[list[int]], dict[str, int]]:
    """(sentences as integers, vocabulary); new words are added to a new vocabulary, else they must be known.

    With ``unknown_token`` they count as that token.
    """
    new, label = vocab is None, start_label
    known = {invalid_key: invalid_label} if vocab is None else vocab
    coded = []
    for sentence in sentences:
        row = []
        for word in sentence:
            token = word
            if word not in known:
                assert new or unknown_token, f"Unknown token {word}"
                if label == invalid_label:
                    label += 1
                token = unknown_token or word
                known[token] = label
                label += 1
            row.append(known[token])
        coded.append(row)
    return coded, known


class BucketSentenceIter(DataIter):
    """Batches of sentences of one length, the bucket's, each label the word after; shuffled at each reset.

    Args:
        sentences: encoded sentences; those longer than the largest bucket are left out.
        batch_size: sentences a batch.
        buckets: lengths; by default every length that fills a batch.
        invalid_label: fills up sentences.
        data_name: the name of the data.
        label_name: the name of the labels.
        dtype: of both.
        layout: ``NT`` (batch, length) or ``TN``.
    """

    def __init__(
        self,
        sentences: Sequence[Sequence[int]],
        batch_size: int,
        buckets: Sequence[int] | None = None,
        invalid_label: int = -1,
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: str = "float32",
        layout: str = "NT",
    ) -> None:
        super().__init__()
        if layout.find("N") not in (0, 1):
            raise ValueError(f"Invalid layout {layout}: Must by NT (batch major) or TN (time major)")
        lengths = np.bincount([len(each) for each in sentences])
        chosen = sorted(buckets or [length for length, count in enumerate(lengths) if count >= batch_size])
        rows: dict[int, list[Any]] = {length: [] for length in chosen}
        discarded = 0
        for sentence in sentences:
            number = bisect_left(chosen, len(sentence))
            if number == len(chosen):
                discarded += 1
                continue
            row = np.full(chosen[number], invalid_label, dtype)
            row[: len(sentence)] = sentence
            rows[chosen[number]].append(row)
        print(f"WARNING: discarded {discarded} sentences longer than the largest bucket.")
        self.buckets = [length for length in chosen if rows[length]]
        self.data = [np.asarray(rows[length], dtype) for length in self.buckets]
        self.batch_size, self.invalid_label, self.dtype = batch_size, invalid_label, dtype
        self.data_name, self.label_name, self.layout = data_name, label_name, layout
        self.major_axis = layout.find("N")
        self.default_bucket_key = max(self.buckets)
        shape = (batch_size, self.default_bucket_key)
        shape = shape if self.major_axis == 0 else shape[::-1]
        self.provide_data = [DataDesc(data_name, shape, layout=layout)]
        self.provide_label = [DataDesc(label_name, shape, layout=layout)]
        self.idx = [
            (number, begin)
            for number, part in enumerate(self.data)
            for begin in range(0, len(part) - batch_size + 1, batch_size)
        ]
        self.reset()

    def reset(self) -> None:
        """Another order."""
        self.curr_idx = 0
        random.shuffle(self.idx)
        self.nddata, self.ndlabel = [], []
        for part in self.data:
            np.random.shuffle(part)
            label = np.full_like(part, self.invalid_label)
            label[:, :-1] = part[:, 1:]
            self.nddata.append(nd.array(part, dtype=self.dtype))
            self.ndlabel.append(nd.array(label, dtype=self.dtype))

    def next(self) -> DataBatch:
        """The next batch, with its bucket."""
        if self.curr_idx == len(self.idx):
            raise StopIteration
        number, begin = self.idx[self.curr_idx]
        self.curr_idx += 1
        data, label = (part[number][begin : begin + self.batch_size] for part in (self.nddata, self.ndlabel))
        if self.major_axis == 1:
            data, label = data.T, label.T
        return DataBatch(
            [data],
            [label],
            pad=0,
            bucket_key=self.buckets[number],
            provide_data=[DataDesc(self.data_name, data.shape, layout=self.layout)],
            provide_label=[DataDesc(self.label_name, label.shape, layout=self.layout)],
        )
