"""Scores of a tracker: MOTA, IDF1, id switches and fragmentation by motmetrics, HOTA by TrackEval, at IoU .5 (HOTA: .05 to .95).

The figures are the libraries' own. For the intervals each is taken apart into sums over frames while the pairing of ids over
the whole sequence stays as it is, and blocks of frames are resampled; that the parts add up to the library's figure is checked
on every run. Counts (switches, fragmentations) carry Poisson intervals.
"""

import contextlib
import io
import math
from dataclasses import dataclass

import motmetrics
import numpy as np
from scipy.optimize import linear_sum_assignment

with contextlib.redirect_stdout(io.StringIO()):  # it prints which optional data sets it does without
    from trackeval.metrics import HOTA

from .figure import Figure, from_draws, rate, share, weights
from .mot_files import Sequence

IOU_MIN = 0.5
BLOCKS = 20


@dataclass(frozen=True)
class Tally:
    """Sums over frames; arrays begin with the frame."""

    truth: np.ndarray
    tracks: np.ndarray
    missed: np.ndarray
    wrong: np.ndarray
    switched: np.ndarray
    same_id: np.ndarray  # identity true positives under the best pairing of ids
    right: np.ndarray  # [frame, alpha] HOTA true positives
    association: np.ndarray  # [frame, alpha] sum of A(c) over them


def library(sequence: Sequence) -> tuple[dict[str, float], motmetrics.MOTAccumulator]:
    accumulator = motmetrics.MOTAccumulator(auto_id=False)
    for frame in range(1, sequence.frames + 1):
        truth, tracks, overlap = sequence.at(frame)
        distance = np.where(overlap >= IOU_MIN, 1 - overlap, np.nan)
        accumulator.update(truth, tracks, distance, frameid=frame)
    names = ["mota", "idf1", "num_switches", "num_fragmentations", "num_unique_objects", "mostly_tracked", "mostly_lost"]
    result = motmetrics.metrics.create().compute(accumulator, metrics=names, return_dataframe=False)
    return {**result, "hota": float(np.mean(HOTA().eval_sequence(hota_input(sequence))["HOTA"]))}, accumulator


def hota_input(sequence: Sequence) -> dict:
    """The sequence as TrackEval wants it: ids from 0 without gaps."""
    sides = [sorted({i for ids, _ in side.values() for i in ids}) for side in (sequence.truth, sequence.tracks)]
    truth_index, track_index = ({identity: k for k, identity in enumerate(ids)} for ids in sides)
    frames = [sequence.at(frame) for frame in range(1, sequence.frames + 1)]
    return {
        "gt_ids": [np.array([truth_index[i] for i in truth], int) for truth, _, _ in frames],
        "tracker_ids": [np.array([track_index[i] for i in tracks], int) for _, tracks, _ in frames],
        "similarity_scores": [overlap for _, _, overlap in frames],
        "num_gt_ids": len(truth_index),
        "num_tracker_ids": len(track_index),
        "num_gt_dets": sum(len(truth) for truth, _, _ in frames),
        "num_tracker_dets": sum(len(tracks) for _, tracks, _ in frames),
        "num_timesteps": sequence.frames,
    }


def tally(sequence: Sequence, accumulator: motmetrics.MOTAccumulator) -> Tally:
    data = hota_input(sequence)
    frames = list(zip(data["gt_ids"], data["tracker_ids"], data["similarity_scores"]))
    events = accumulator.mot_events
    frame_of = events.index.get_level_values(0).to_numpy() - 1

    def events_of(kind: str) -> np.ndarray:
        return np.bincount(frame_of[(events["Type"] == kind).to_numpy()], minlength=sequence.frames)

    together = np.zeros((data["num_gt_ids"], data["num_tracker_ids"]))
    for truth, tracks, overlap in frames:
        together[np.ix_(truth, tracks)] += overlap >= IOU_MIN
    paired = np.zeros(together.shape, bool)
    paired[linear_sum_assignment(-together)] = True
    same_id = np.array([np.count_nonzero(paired[np.ix_(t, h)] & (overlap >= IOU_MIN)) for t, h, overlap in frames])
    right, association = hota_parts(frames, together.shape)
    counts = [np.array([len(frame[side]) for frame in frames]) for side in (0, 1)]
    return Tally(counts[0], counts[1], events_of("MISS"), events_of("FP"), events_of("SWITCH"), same_id, right, association)


def hota_parts(frames: list, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """True positives, and the sum of their association scores, by frame and alpha (Luiten et al. 2021)."""
    alphas = np.arange(0.05, 0.99, 0.05)
    likely, of_truth, of_track = np.zeros(shape), np.zeros((shape[0], 1)), np.zeros((1, shape[1]))
    for truth, tracks, overlap in frames:
        below = overlap.sum(0)[None] + overlap.sum(1)[:, None] - overlap
        likely[np.ix_(truth, tracks)] += np.divide(overlap, below, out=np.zeros_like(overlap), where=below > np.finfo(float).eps)
        of_truth[truth, 0] += 1
        of_track[0, tracks] += 1
    alignment = likely / (of_truth + of_track - likely)
    pairs = []  # of each frame: truth, track, [pair, alpha] counted
    matches = np.zeros((*shape, len(alphas)))
    for truth, tracks, overlap in frames:
        r, c = linear_sum_assignment(-(alignment[np.ix_(truth, tracks)] * overlap))
        counted = overlap[r, c][:, None] >= alphas[None] - np.finfo(float).eps
        matches[truth[r], tracks[c]] += counted
        pairs.append((truth[r], tracks[c], counted))
    association = matches / np.maximum(1, (of_truth + of_track)[:, :, None] - matches)
    right = np.array([counted.sum(0) for _, _, counted in pairs])
    return right, np.array([(association[t, h] * counted).sum(0) for t, h, counted in pairs])


def hota(truth: np.ndarray, tracks: np.ndarray, right: np.ndarray, association: np.ndarray) -> np.ndarray:
    """Mean over alpha; inputs are sums, the last two [draw, alpha]."""
    detection = right / np.maximum(1, (truth + tracks)[:, None] - right)
    return np.sqrt(detection * association / np.maximum(1, right)).mean(1)


def scored(sequence: Sequence) -> list[Figure]:
    figures, accumulator = library(sequence)
    parts = tally(sequence, accumulator)
    blocks = min(BLOCKS, sequence.frames)
    starts = np.linspace(0, sequence.frames, blocks, endpoint=False).astype(int)
    drawn = weights(blocks)

    def total(values: np.ndarray) -> np.ndarray:
        return drawn @ np.add.reduceat(values, starts, axis=0)

    truth, tracks = total(parts.truth), total(parts.tracks)
    errors = total(parts.missed) + total(parts.wrong) + total(parts.switched)
    samples = {
        "mota": 1 - np.divide(errors, truth, out=np.full(len(truth), math.nan), where=truth > 0),
        "idf1": 2 * total(parts.same_id) / np.maximum(1, truth + tracks),
        "hota": hota(truth, tracks, total(parts.right), total(parts.association)),
    }
    boxes = int(parts.truth.sum())
    result = []
    for name, sample in samples.items():
        if abs(sample[0] - figures[name]) > 1e-9:
            raise AssertionError(f"{name}: parts give {sample[0]!r}, the library {figures[name]!r}")
        result.append(from_draws(name.upper(), "blocks of frames", blocks, sample, boxes, "true boxes"))
    result.append(rate("id switches", int(figures["num_switches"]), 1.0, "switches"))
    result.append(rate("fragmentations", int(figures["num_fragmentations"]), 1.0, "fragmentations"))
    people = int(figures["num_unique_objects"])
    result.append(share("mostly tracked", int(figures["mostly_tracked"]), people, "true ids"))
    result.append(share("mostly lost", int(figures["mostly_lost"]), people, "true ids"))
    return result
