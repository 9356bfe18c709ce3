"""Rendered clips of tests/scenes with their exact truth: some are learnt from, the layouts held out measure."""
import json
import pathlib

import numpy as np

from classes import IGNORED, NAMES
from video import frames

CLIPS = pathlib.Path(__file__).resolve().parents[2] / "tests/scenes/clips"
LAYOUTS = ("street", "lane")  # learnt from
HELD_OUT_LAYOUTS = ("mirror", "junction")
VISIBLE_MIN_PX, VISIBLE_MIN_SHARE = 30, 0.25


def truth_of(objects):
    """Boxes of one frame of a clip of tests/scenes; what hardly shows is ignored."""
    rows = []
    for o in objects:
        if o["class"] in NAMES and o["visible"]:
            (x1, y1, x2, y2), f = o["visible"], o["full"]
            little = o.get("visible_px", 1e9) < VISIBLE_MIN_PX or (x2 - x1) * (y2 - y1) < VISIBLE_MIN_SHARE * max(1, (f[2] - f[0]) * (f[3] - f[1]))
            rows.append([IGNORED if little else NAMES.index(o["class"]), x1, y1, x2, y2])
    return np.array(rows, np.float32).reshape(-1, 5)


def rendered_clips(every, layouts=None, names=None):
    """{clip: (pictures, truths)} of the committed clips whose camera has no fault, chosen by layout or by name."""
    found = {}
    for path in sorted(CLIPS.glob("*.json")):
        known = json.loads(path.read_text())
        if known.get("faults") or (layouts and known["layout"] not in layouts) or (names and path.stem not in names):
            continue
        records = {r["frame"]: r["objects"] for r in known["frames"]}
        shown = [(p, truth_of(records[n])) for n, p in frames(path.with_suffix(".mp4"), 0, len(records), every)]
        found[path.stem] = [p for p, _ in shown], [t for _, t in shown]
    return found
