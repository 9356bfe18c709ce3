"""Scores of a detector: AP50, AP50-95, recall and precision at the manifest's thresholds, by size, and the confusion matrix.

pycocotools decides which result takes which truth box (`COCOeval.evaluate`: greedy, best score first, 100 results a picture
and class, IoU .50 to .95). What is left is counting, done here by weights of pictures so that intervals are cheap; at weight
one it equals `COCOeval.accumulate` (a test holds it to 1e-6). A second result on a truth box that is taken is a false one.
"""

import contextlib
import io
import math
from dataclasses import dataclass

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from .coco_files import Pictures
from .figure import Figure, Resampling, from_draws, share

RECALLS = np.linspace(0.0, 1.0, 101)
IOUS = np.linspace(0.5, 0.95, 10)
EVERYTHING = (0.0, 1e10)
AREAS = {"all": EVERYTHING, "small": (0, 32**2), "medium": (32**2, 96**2), "large": (96**2, 1e10)}
# Box height in pixels; each bound belongs to the band above it.
HEIGHTS = {"under 32 px": (0, 32), "32-64 px": (32, 64), "64-128 px": (64, 128), "128 px up": (128, math.inf), "64 px up": (64, math.inf)}


@dataclass(frozen=True)
class Matched:
    """All results of one class in one size range, best score first."""

    scores: np.ndarray  # [D]
    hit: np.ndarray  # [10, D] took a truth box, by IoU
    out: np.ndarray  # [10, D] does not count: outside the range, or on a crowd
    picture: np.ndarray  # [D]
    boxes: np.ndarray  # [pictures] truth boxes that count


def matched(pictures: Pictures, ranges: list[tuple[float, float]], by_height: bool) -> list[list[Matched]]:
    """[class][range], as pycocotools matches them."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth, found = COCO(), COCO()
        sides = ((truth, pictures.truth), (found, pictures.results))
        for side, boxes in sides:
            rows = [
                {"id": i + 1, "iscrowd": 0, **b, "area": b["bbox"][3] ** 2 if by_height else b.get("area", b["bbox"][2] * b["bbox"][3])}
                for i, b in enumerate(boxes)
            ]
            # pycocotools takes the id 0 for "unmatched", so ids are given anew.
            side.dataset = {
                "images": pictures.images,
                "categories": pictures.categories,
                "annotations": [{**row, "id": i + 1} for i, row in enumerate(rows)],
            }
            side.createIndex()
        run = COCOeval(truth, found, "bbox")
        run.params.areaRng = [list(r) for r in ranges]
        run.params.areaRngLbl = [str(i) for i in range(len(ranges))]
        run.evaluate()
    count = len(run.params.imgIds)
    order = {image["id"]: i for i, image in enumerate(pictures.images)}
    by_category = {identity: k for k, identity in enumerate(run.params.catIds)}

    def one(k: int, a: int) -> Matched:
        cells = [c for c in run.evalImgs[(k * len(ranges) + a) * count :][:count] if c is not None]
        boxes = np.zeros(count)
        for cell in cells:
            boxes[order[cell["image_id"]]] = np.count_nonzero(np.asarray(cell["gtIgnore"]) == 0)
        scores = np.concatenate([np.asarray(c["dtScores"], float) for c in cells] or [np.zeros(0)])
        best = np.argsort(-scores, kind="mergesort")
        columns = [
            np.concatenate([np.asarray(c[key]).reshape(len(IOUS), -1) for c in cells] or [np.zeros((len(IOUS), 0))], 1)[:, best].astype(
                bool
            )
            for key in ("dtMatches", "dtIgnore")
        ]
        picture = np.repeat([order[c["image_id"]] for c in cells], [len(c["dtScores"]) for c in cells]).astype(int)
        return Matched(scores[best], columns[0], columns[1], picture[best], boxes)

    return [[one(by_category[category["id"]], a) for a in range(len(ranges))] for category in pictures.categories]


def average_precision(m: Matched, weight: np.ndarray, ious: int = len(IOUS)) -> np.ndarray:
    """[ious] AP with each picture counted `weight` times; nan without truth."""
    truth = weight @ m.boxes
    if truth == 0:
        return np.full(ious, math.nan)
    times = weight[m.picture]
    right = np.cumsum(times * (m.hit & ~m.out)[:ious], 1)
    wrong = np.cumsum(times * (~m.hit & ~m.out)[:ious], 1)
    recall, precision = right / truth, right / (right + wrong + np.spacing(1))
    precision = np.maximum.accumulate(precision[:, ::-1], 1)[:, ::-1]
    padded = np.concatenate([precision, np.zeros((ious, 1))], 1)
    return np.array([padded[t, np.searchsorted(recall[t], RECALLS, side="left")].mean() for t in range(ious)])


def precision_by_recall(m: Matched, weight: np.ndarray) -> np.ndarray:
    """[101] interpolated precision at IoU .5: the curve that is drawn."""
    times = weight[m.picture]
    right, wrong = np.cumsum(times * (m.hit & ~m.out)[0]), np.cumsum(times * (~m.hit & ~m.out)[0])
    precision = np.maximum.accumulate((right / (right + wrong + np.spacing(1)))[::-1])[::-1]
    return np.append(precision, 0.0)[np.searchsorted(right / max(weight @ m.boxes, 1), RECALLS, side="left")]


def at_threshold(m: Matched, score_min: float) -> tuple[np.ndarray, np.ndarray]:
    """Right and wrong results of each picture at IoU .5 from this score on."""
    counted = (m.scores >= score_min) & ~m.out[0]
    size = len(m.boxes)
    right = np.bincount(m.picture[counted & m.hit[0]], minlength=size)
    return right, np.bincount(m.picture[counted & ~m.hit[0]], minlength=size)


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.full(np.shape(above), math.nan), where=below > 0)


def figures_at_threshold(label: str, m: Matched, score_min: float, drawn: Resampling) -> list[Figure]:
    right, wrong = (drawn.weight @ side for side in at_threshold(m, score_min))

    def one(name: str, hits: np.ndarray, among: np.ndarray, of: str) -> Figure:
        figure = from_draws(name, drawn.unit, drawn.units, ratio(hits, among), int(among[0]), of)
        # All right or all wrong leaves nothing to resample; Wilson still knows how little was seen.
        return share(name, int(hits[0]), int(among[0]), of) if figure.value in (0.0, 1.0) else figure

    return [one(f"recall {label}", right, drawn.weight @ m.boxes, "boxes"), one(f"precision {label}", right, right + wrong, "results")]


def mean_of_classes(per_class: np.ndarray) -> np.ndarray:
    """[draws] mean over the classes that have truth in a draw."""
    known = np.isfinite(per_class)
    return ratio(np.where(known, per_class, 0).sum(0), known.sum(0))


def scored(pictures: Pictures, thresholds: dict[str, float], drawn: Resampling) -> list[Figure]:
    """Every figure. The n of recall and AP is truth boxes, of precision results."""
    by_area = matched(pictures, list(AREAS.values()), by_height=False)
    by_height = matched(pictures, [(low**2, np.nextafter(float(high) ** 2, 0)) for low, high in HEIGHTS.values()], by_height=True)
    figures: list[Figure] = []
    curves = np.array([[average_precision(row[0], weight) for weight in drawn.weight] for row in by_area])  # [class, draw, IoU]
    boxes = [int(row[0].boxes.sum()) for row in by_area]
    for title, part in (("AP50", curves[:, :, 0]), ("AP50-95", curves.mean(2))):
        figures.append(from_draws(f"{title} mean", drawn.unit, drawn.units, mean_of_classes(part), sum(boxes), "boxes"))
        figures += [
            from_draws(f"{title} {name}", drawn.unit, drawn.units, part[k], boxes[k], "boxes")
            for k, name in enumerate(pictures.names)
            if boxes[k]
        ]
    for k, name in enumerate(pictures.names):
        score_min = thresholds.get(name, 0.0)
        if not boxes[k]:  # labelled, and nowhere in these pictures: every result is a false alarm
            wrong = at_threshold(by_area[k][0], score_min)[1]
            figures.append(
                from_draws(
                    f"false per picture {name}",
                    drawn.unit,
                    drawn.units,
                    drawn.weight @ wrong / len(pictures.images),
                    int(wrong.sum()),
                    "false results",
                )
            )
            continue
        figures += figures_at_threshold(name, by_area[k][0], score_min, drawn)
        bands = [*zip(AREAS, by_area[k]), *zip(HEIGHTS, by_height[k])][1:]
        for band, m in bands:
            if m.boxes.sum():
                figures += figures_at_threshold(f"{name} {band}", m, score_min, drawn)
                if band in AREAS:
                    sample = np.array([average_precision(m, weight, 1)[0] for weight in drawn.weight])
                    figures.append(from_draws(f"AP50 {name} {band}", drawn.unit, drawn.units, sample, int(m.boxes.sum()), "boxes"))
    return figures
