"""Digests of many groups of rows at once, to see which of them changed.

A national year has millions of rows and changes in a few hundred; so rows become numbers column by column,
and the numbers of a group become one. The digest only tells change, it is no proof against forgery.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Numbers = npt.NDArray[np.uint64]

_NULL = np.uint64(0x9E3779B97F4A7C15)
_ODD = np.uint64(0xBF58476D1CE4E5B9)
_STEP = np.uint64(0x94D049BB133111EB)
_SHIFT = np.uint64(31)


def group_digests(rows: pa.RecordBatch, starts: npt.NDArray[np.int64]) -> Numbers:
    """One number for each group of rows; `starts` are the first rows of the groups, the first of them 0."""
    total = np.zeros(rows.num_rows, np.uint64)
    for column in rows.columns:
        total = total * _ODD + _mixed(_numbers(column))
    ends = np.append(starts[1:], rows.num_rows)
    return _summed(_mixed(total), starts, ends)


def _numbers(array: pa.Array) -> Numbers:
    """One number for each value; equal values give equal numbers, however they are stored."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        known = np.append(_hashed(array.dictionary), _NULL)
        places = pc.fill_null(array.indices, len(known) - 1).to_numpy(zero_copy_only=False)
        found: Numbers = known[places]
        return found
    if pa.types.is_string(kind):
        return _hashed(array)
    if pa.types.is_struct(kind):
        total = np.zeros(len(array), np.uint64)
        for field in array.flatten():
            total = total * _ODD + _mixed(_numbers(field))
        return total
    if pa.types.is_list(kind):
        lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False).astype(np.int64)
        ends = np.cumsum(lengths)
        summed = _summed(_mixed(_numbers(array.flatten())), ends - lengths, ends)
        empty = array.is_null().to_numpy(zero_copy_only=False)
        return np.where(empty, _NULL, summed + lengths.astype(np.uint64))
    if pa.types.is_floating(kind):
        values = pc.fill_null(array.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False)
        numbers = np.ascontiguousarray(values).view(np.uint64)
    else:
        whole = array.cast(pa.int32()) if pa.types.is_date32(kind) else array
        values = pc.fill_null(whole.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
        numbers = values.astype(np.int64).view(np.uint64)
    return np.where(array.is_null().to_numpy(zero_copy_only=False), _NULL, numbers)


def _hashed(texts: pa.Array) -> Numbers:
    values = np.array(texts.to_pylist(), dtype=object)
    values[values == None] = "\0"  # noqa: E711 - elementwise
    return np.asarray(pd.util.hash_array(values, categorize=False), np.uint64)


def _mixed(numbers: Numbers) -> Numbers:
    return (numbers ^ (numbers >> _SHIFT)) * _STEP


def _summed(numbers: Numbers, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> Numbers:
    """The sum of each stretch, every number with a weight of its place in the stretch."""
    lengths = ends - starts
    place = np.arange(len(numbers)) - np.repeat(starts, lengths)
    weights = place.astype(np.uint64) * np.uint64(2) + np.uint64(1)
    running = np.append(np.uint64(0), np.cumsum(numbers * weights, dtype=np.uint64))
    return _mixed(running[ends] - running[starts] + lengths.astype(np.uint64))
