"""The confusion matrix of a detector at the manifest's thresholds: what each thing in the truth was taken for.

Boxes are paired whatever their class, best score first, at IoU .5 or more; a result or a truth box pairs once. Rows are true
classes, then `nothing` (false alarms); columns are predicted classes, then `nothing` (missed).
"""

import numpy as np
from pycocotools import mask

from .coco_files import Pictures
from .figure import Resampling, from_draws

NOTHING = "nothing"


def per_picture(pictures: Pictures, thresholds: dict[str, float], iou_min: float = 0.5) -> np.ndarray:
    """[pictures, true, predicted] counts; the last true and the last predicted stand for nothing."""
    classes = {category["id"]: k for k, category in enumerate(pictures.categories)}
    order = {image["id"]: i for i, image in enumerate(pictures.images)}
    none = len(classes)
    score_min = {category["id"]: thresholds.get(category["name"], 0.0) for category in pictures.categories}
    sides: list[list[list[dict]]] = [[[] for _ in order], [[] for _ in order]]
    for side, rows in zip(sides, (pictures.truth, pictures.results)):
        for row in rows:
            if row.get("score", 1.0) >= score_min[row["category_id"]]:
                side[order[row["image_id"]]].append(row)
    counts = np.zeros((len(order), none + 1, none + 1), int)
    for i, (truth, found) in enumerate(zip(*sides)):
        found = sorted(found, key=lambda row: -row["score"])
        crowd = [row["iscrowd"] for row in truth]
        overlap = (
            mask.iou([r["bbox"] for r in found], [r["bbox"] for r in truth], crowd)
            if found and truth
            else np.zeros((len(found), len(truth)))
        )
        free = np.array([not c for c in crowd], bool)
        for result, fits in zip(found, overlap):
            predicted, open_fits = classes[result["category_id"]], np.where(free, fits, 0.0)
            if len(truth) and open_fits.max() >= iou_min:
                best = int(open_fits.argmax())
                counts[i, classes[truth[best]["category_id"]], predicted] += 1
                free[best] = False
            elif not any(c and fit >= iou_min for c, fit in zip(crowd, fits)):
                counts[i, none, predicted] += 1
        for row, missed in zip(truth, free):
            if missed and not row["iscrowd"]:
                counts[i, classes[row["category_id"]], none] += 1
    return counts


def matrix(pictures: Pictures, thresholds: dict[str, float], drawn: Resampling) -> dict:
    """Counts, and each cell's share of its row with its interval (null where the row is empty)."""
    counts = per_picture(pictures, thresholds)
    labels = [*pictures.names, NOTHING]
    cells = np.tensordot(drawn.weight, counts, 1).astype(float)
    shares = np.divide(cells, cells.sum(2, keepdims=True), out=np.full(cells.shape, np.nan), where=cells.sum(2, keepdims=True) > 0)

    def interval(true: int, predicted: int) -> list[float | None]:
        figure = from_draws("", drawn.unit, drawn.units, shares[:, true, predicted])
        return [None if v is None else round(v, 6) for v in (figure.value, figure.low, figure.high)]

    size = range(len(labels))
    return {
        "labels": labels,
        "rows": "truth",
        "counts": counts.sum(0).tolist(),
        "share_low_high": [[interval(t, p) for p in size] for t in size],
    }
