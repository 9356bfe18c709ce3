"""Precision-recall curves as PNG: one picture a class, IoU .5, a 95 % band over pictures, the point of the shipped threshold."""

import textwrap
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend must be chosen before)
import numpy as np  # noqa: E402

from .coco_files import Pictures  # noqa: E402
from .detections import EVERYTHING, RECALLS, Matched, at_threshold, matched, precision_by_recall  # noqa: E402
from .figure import Resampling  # noqa: E402

BAND_DRAWS = 200


def draw(pictures: Pictures, thresholds: dict[str, float], drawn: Resampling, folder: Path, data: str) -> list[str]:
    """Writes `pr_<class>.png` for each class with truth; returns the file names."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, (m,) in zip(pictures.names, matched(pictures, [EVERYTHING], by_height=False)):
        if m.boxes.sum():
            path = folder / f"pr_{name}.png"
            draw_one(m, name, thresholds.get(name, 0.0), drawn, path, data)
            written.append(path.name)
    return written


def draw_one(m: Matched, name: str, score_min: float, drawn: Resampling, path: Path, data: str) -> None:
    curves = np.array([precision_by_recall(m, weight) for weight in drawn.weight[: 1 + BAND_DRAWS]])
    low, high = np.percentile(curves[1:], [2.5, 97.5], axis=0)
    right, wrong = (int(side.sum()) for side in at_threshold(m, score_min))
    figure, axes = plt.subplots(figsize=(5, 4.2), dpi=110)
    axes.fill_between(RECALLS, low, high, alpha=0.2, linewidth=0, label=f"95 % over {drawn.unit}")
    axes.plot(RECALLS, curves[0], label=f"AP50 {curves[0].mean():.3f}")
    if right + wrong:
        axes.plot([right / m.boxes.sum()], [right / (right + wrong)], "o", color="black", label=f"score from {score_min:g}")
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1.02),
        xlabel="recall",
        ylabel="precision (interpolated)",
        title=f"{name}: {int(m.boxes.sum())} boxes, {len(m.boxes)} pictures\n{textwrap.fill(data, 60)}",
    )
    axes.title.set_fontsize(9)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)
