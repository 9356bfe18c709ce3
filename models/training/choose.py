"""Chooses each class's score_min, on pictures that no figure of the card comes from, and writes it into the manifest.

Kept classes: the score at which as many boxes are reported on pictures learnt from as the untouched network reports above
START_MIN, so that both are compared at one boldness. Bins and piles: on the photographs of the validation set, overflowing bins and
piles by the best F1, then bins so that recall and precision of both kinds of bin, taken as one, are in balance, and none below ALARM_MIN:
every photograph there shows bins, so that false alarms in a clean street have no say; what the card reports is chosen on one half and
counted on the other, both ways. Stalls and tricycles: the best F1 on the rendered clips learnt from, at IoU LOOSE: a closed
parasol on its pole doubles the height of a stall's box, and at 0.5 stalls found without it counted as missed and false.
"""
import pathlib
import re

import numpy as np

from classes import BINS, NAMES, WIDTH_PX, HEIGHT_PX, Roles
from detect import Detector, iou
from export import yardstick
from held_back import labelled
from pictures import shared_sources
from rendered import LAYOUTS, rendered_clips
from scoring import best_threshold, bins_merged

START_MIN, LEAST, MOST = 0.4, 0.2, 0.6
BIN_NAMES, RENDERED = [NAMES[i] for i in BINS], [NAMES.index("tricycle"), NAMES.index("stall")]
ON_A_BIN = 0.4  # overlap with a labelled bin or pile above which a kept class is taken for a confusion
LOOSE = 0.3
ALARM_MIN = 0.5  # a box of these sends somebody
BALANCED = 0.01  # of recall or precision, whichever is less
EVERY = 4  # picture of the sets learnt from


def choose(given):
    manifest, out = pathlib.Path(given.model), pathlib.Path(given.out)
    untouched = pathlib.Path(given.shared) / "weights" / "yolox_nano_416.onnx"
    names = yardstick(untouched, out / "start.onnx", (WIDTH_PX, HEIGHT_PX))
    ours, start = Detector(manifest.with_suffix(".onnx"), NAMES), Detector(out / "start.onnx", names)
    chosen = as_bold_as(start, ours, learnt_from(given), Roles(names).kept)
    pictures, truths = labelled(pathlib.Path(given.shared) / "data/coco_bins_val.json", BIN_NAMES)
    chosen |= of_bins([ours(p) for p in pictures], truths)
    clips = rendered_clips(10, layouts=LAYOUTS).values()
    found, truths = [ours(p) for shown, _ in clips for p in shown], [t for _, truth in clips for t in truth]
    chosen |= {c: best_threshold(found, truths, [c], LOOSE)[1] for c in RENDERED}
    text = manifest.read_text()
    for c, limit in sorted(chosen.items()):
        text = re.sub(rf'(name = "{NAMES[c]}"\nscore_min = )[\d.]+', rf"\g<1>{limit}", text)
        print(f"{NAMES[c]} {limit}")
    manifest.write_text(text)


def of_bins(found, truths):
    """{class: threshold} of bins, overflowing bins and piles. Of equally balanced thresholds the highest: it raises the fewest false alarms."""
    chosen = {c: best_threshold(found, truths, [c])[1] for c in BINS[1:]}
    limits, scored = np.zeros(len(NAMES)), []
    for c, limit in chosen.items():
        limits[c] = limit
    for limit in np.arange(LEAST, MOST + 0.01, 0.05):
        limits[BINS[0]] = limit
        merged = bins_merged(found, truths, limits)
        scored.append((min(merged["recall"], merged["precision"]), round(float(limit), 2)))
    best = max(balance for balance, _ in scored)
    chosen[BINS[0]] = max(limit for balance, limit in scored if balance >= best - BALANCED)
    return {c: max(limit, ALARM_MIN) for c, limit in chosen.items()}


def learnt_from(given):
    """Every fourth photograph and street frame that was learnt from."""
    sets = shared_sources(given.shared, [], given.things, given.amsterdam).sets
    return [p for name in ("bins", "amsterdam", "street") for p in sets[name][::EVERY]]


def as_bold_as(start, ours, pictures, kept):
    """{kept class: score at which `ours` reports as many boxes as `start` does above START_MIN}."""
    theirs, mine = (np.concatenate([beside_bins(net(p.pixels), p.labels) for p in pictures]) for net in (start, ours))
    chosen = {}
    for c in kept:
        scores = np.sort(mine[mine[:, 0] == c][:, 5])[::-1]
        count = int((theirs[theirs[:, 0] == c][:, 5] >= START_MIN).sum())
        # Too few to go by: as the start network.
        limit = scores[count - 1] if count >= 10 and len(scores) >= count else START_MIN
        chosen[c] = round(float(np.clip(limit, LEAST, MOST)), 2)
    return chosen


def beside_bins(rows, labels):
    """The boxes that do not lie on a labelled bin or pile, which COCO's networks call suitcases, dogs and lorries."""
    bins = labels[np.isin(labels[:, 0], BINS)]
    return rows[~(iou(rows[:, 1:5], bins[:, 1:5]) > ON_A_BIN).any(1)]
