"""Figures from boxes: average precision, recall and precision at a threshold, intervals. Pictures are parallel lists of found boxes
[N,6] (class, left, top, right, bottom, score) and truth [M,5]; a truth of class IGNORED neither counts nor harms."""
import contextlib
import io
import math

import numpy as np
from pycocotools.coco import COCO as CocoTruth
from pycocotools.cocoeval import COCOeval

from classes import BINS, IGNORED, NAMES
from detect import iou, match, suppress

PLATEAU = 0.005  # of F1


def average_precision(found, truths):
    """{class: (AP50, AP50:95)} by pycocotools."""
    annotations = [(i, t) for i, rows in enumerate(truths) for t in rows if t[0] != IGNORED]
    box = lambda r: [float(r[1]), float(r[2]), float(r[3] - r[1]), float(r[4] - r[2])]
    truth = CocoTruth()
    with contextlib.redirect_stdout(io.StringIO()):
        truth.dataset = dict(images=[dict(id=i) for i in range(len(truths))], categories=[dict(id=c, name=n) for c, n in enumerate(NAMES)],
                             annotations=[dict(id=k + 1, image_id=i, category_id=int(r[0]), bbox=box(r), area=float((r[3] - r[1]) * (r[4] - r[2])), iscrowd=0) for k, (i, r) in enumerate(annotations)])
        truth.createIndex()
        results = [dict(image_id=i, category_id=int(r[0]), bbox=box(r), score=float(r[5])) for i, rows in enumerate(found) for r in rows]
        if not results:
            return {}
        run = COCOeval(truth, truth.loadRes(results), "bbox")
        run.evaluate(), run.accumulate()
    precision = run.eval["precision"][:, :, :, 0, 2]
    return {c: (float(precision[0, :, c].mean()), float(precision[:, :, c].mean())) for c in range(len(NAMES)) if (precision[:, :, c] > -1).any()}


def above(rows, limits):
    """The boxes at or above the threshold of their class; `limits` by class or one number."""
    limits = np.broadcast_to(np.asarray(limits, float), len(NAMES))
    return rows[rows[:, 5] >= limits[rows[:, 0].astype(int)]]


def at_threshold(found, truths, classes, limits, iou_min=0.5):
    """(recall, precision, truth boxes) of a group of classes taken as one."""
    right = reported = wanted = 0
    for rows, truth in zip(found, truths):
        rows, ignored = above(rows[np.isin(rows[:, 0], classes)], limits), truth[truth[:, 0] == IGNORED]
        truth, spared = truth[np.isin(truth[:, 0], classes)], (iou(rows[:, 1:5], ignored[:, 1:5]) > 0.2).any(1)
        hits = match(rows, truth, iou_min) >= 0
        right, reported, wanted = right + int(hits.sum()), reported + int((hits | ~spared).sum()), wanted + len(truth)
    return right / max(wanted, 1), right / max(reported, 1), wanted


def best_threshold(found, truths, classes, iou_min=0.5):
    """(best F1 of single thresholds, the middle one of those within PLATEAU of it): the edges of a plateau are chance."""
    scored = []
    for limit in np.arange(0.1, 0.8, 0.05):
        recall, precision, _ = at_threshold(found, truths, classes, limit, iou_min)
        scored.append((2 * recall * precision / max(recall + precision, 1e-9), round(float(limit), 2)))
    best = max(f1 for f1, _ in scored)
    good = [limit for f1, limit in scored if f1 >= best - PLATEAU]
    return best, good[len(good) // 2]


def recall_of(found, truths, classes, limits, low_px, high_px=math.inf, iou_min=0.5, side=1):
    """(found, truth boxes) of truths whose height (side 1) or longer side (side None) lies in [low_px, high_px)."""
    right = wanted = 0
    for rows, truth in zip(found, truths):
        rows = above(rows[np.isin(rows[:, 0], classes)], limits)
        truth = truth[np.isin(truth[:, 0], classes)]
        taken = match(rows, truth, iou_min)
        sides = truth[:, 3:] - truth[:, 1:3]
        size = sides[:, side] if side is not None else sides.max(1, initial=0)
        fits = (size >= low_px) & (size < high_px)
        right, wanted = right + int(np.isin(np.nonzero(fits)[0], taken[taken >= 0]).sum()), wanted + int(fits.sum())
    return right, wanted


def wilson(right, wanted, z=1.96):
    """95 % interval of a share, trials taken as independent."""
    if not wanted:
        return 0.0, 1.0
    p, scale = right / wanted, 1 + z * z / wanted
    half = z * math.sqrt(p * (1 - p) / wanted + z * z / (4 * wanted * wanted)) / scale
    middle = (p + z * z / (2 * wanted)) / scale
    return middle - half, middle + half


def poisson(count):
    """Exact 95 % interval of a count."""
    def below(mean, k):  # P(X <= k)
        return sum(math.exp(i * math.log(mean) - mean - math.lgamma(i + 1)) for i in range(k + 1)) if mean > 0 else 1.0

    def solve(wanted, k):
        low, high = 0.0, 10.0 + 4 * (k + 1)
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if below(middle, k) > wanted else (low, middle)
        return low
    return (solve(0.975, count - 1) if count else 0.0), solve(0.025, count)


def share(right, wanted):
    low, high = wilson(right, wanted)
    return dict(found=right, boxes=wanted, recall=right / max(1, wanted), low=low, high=high)


def rate(count, pictures):
    """A count as so many per 500 pictures, with its exact interval. Frames of one clip are alike, so it is too narrow."""
    low, high = poisson(count)
    return dict(count=count, frames=pictures, per_500=500 * count / max(1, pictures), low=500 * low / max(1, pictures), high=500 * high / max(1, pictures))


def per_class(found, truths, limits):
    """{class: figures} of every class in the truth."""
    ap, rows = average_precision(found, truths), {}
    for c in sorted({int(c) for t in truths for c in t[:, 0] if c != IGNORED}):
        recall, precision, count = at_threshold(found, truths, [c], limits)
        best, limit = best_threshold(found, truths, [c])
        rows[NAMES[c]] = dict(boxes=count, ap50=ap.get(c, (0, 0))[0], ap=ap.get(c, (0, 0))[1], recall=recall, precision=precision, best_f1=best, best_at=limit)
    return rows


def alarms(found, limits, classes):
    """Boxes of these classes where there is nothing of the kind."""
    counts = {NAMES[c]: sum(int((above(rows, limits)[:, 0] == c).sum()) for rows in found) for c in classes}
    return {**rate(sum(counts.values()), len(found)), "by_class": {name: n for name, n in counts.items() if n}}


def false_boxes(found, truths, classes, limits, iou_min=0.5):
    """Boxes of these classes that match no truth of theirs and lie on nothing that is ignored."""
    count = 0
    for rows, truth in zip(found, truths):
        rows = above(rows[np.isin(rows[:, 0], classes)], limits)
        hits = match(rows, truth[np.isin(truth[:, 0], classes)], iou_min) >= 0
        spared = (iou(rows[:, 1:5], truth[truth[:, 0] == IGNORED][:, 1:5]) > 0.2).any(1)
        count += int((~hits & ~spared).sum())
    return rate(count, len(found))


def one_bin(rows, limits=None):
    """bin and bin_overflowing as one class, `bin`: boxes above their thresholds, of two on one object the better. For truth: no limits."""
    rows = rows[np.isin(rows[:, 0], BINS[:2])].copy()
    if limits is not None:
        rows = above(rows, limits)
        rows = rows[suppress(rows[:, 1:5], rows[:, 5], np.zeros(len(rows)))]
    rows[:, 0] = BINS[0]
    return rows


def bins_merged(found, truths, limits, iou_min=0.5):
    recall, precision, count = at_threshold([one_bin(rows, limits) for rows in found], [one_bin(t) for t in truths], BINS[:1], 0.0, iou_min)
    return dict(boxes=count, recall=recall, precision=precision)
