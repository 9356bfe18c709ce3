"""What the detector is measured on: photographs, held-out rendered clips and street clips that no run has learnt from."""
import json
import pathlib

import cv2
import numpy as np

from classes import NAMES
from coco import read_coco
from rendered import truth_of
from video import frames


def labelled(path, only=None):
    """(pictures, truths) of a COCO file."""
    return read(read_coco(path, only))


def read(listed):
    return [cv2.imread(str(p)) for p, _ in listed], [np.array(rows, np.float32).reshape(-1, 5) for _, rows in listed]


def demo_clip(scenes, every):
    """The demonstration clip with its truth (its own format: `objects` with class and visible box)."""
    known = json.loads((pathlib.Path(scenes) / "street.json").read_text())
    records = [frame["objects"] for frame in known["frames"]]
    shown = [(p, truth_of(records[n])) for n, p in frames(pathlib.Path(scenes) / "street.mp4", 0, len(records), every)]
    return [p for p, _ in shown], [t for _, t in shown]


def older_clip(scenes):
    """The clip of the renderer's prototype, objects at least 14 px high and not cut by the frame; parasol boxes include the pole."""
    names = {"parasol": "umbrella"}
    known = json.loads((pathlib.Path(scenes) / "clip_day.json").read_text())["frames"]
    truth = [np.array([[NAMES.index(names.get(o["cls"], o["cls"])), *o["box"]] for o in f["objects"] if names.get(o["cls"], o["cls"]) in NAMES and o.get("box") and not o["trunc"] and o["box"][3] - o["box"][1] >= 14], np.float32).reshape(-1, 5) for f in known]
    return [p for _, p in frames(pathlib.Path(scenes) / "clip_day.mp4", 0, len(truth), 1)], truth


def street_clips(data, vtest=None):
    """{clip: pictures} kept back from training. `vtest`: the whole vtest.avi (Debian's opencv-doc), whose second half is meant."""
    clips = {"otvision": (data / "videos/otvision_cars-cyclist.mp4", 0, 10_000, 1), "bgslib": (data / "videos/bgslib_video03_road.avi", 0, 10_000, 4)}
    if vtest and pathlib.Path(vtest).exists():
        clips["vtest 400-794"] = (pathlib.Path(vtest), 400, 795, 1)
    return {name: [p for _, p in frames(*span)] for name, span in clips.items()}


def set_small(pictures, truths, size=(1280, 720), grid=3):
    """Frames shrunk and set side by side, grid x grid, into pictures of a larger camera: what was 72 px high is 48 then."""
    width, height, out = size[0] // grid, size[1] // grid, []
    for first in range(0, len(pictures) - grid * grid + 1, grid * grid):
        canvas, rows = np.full((size[1], size[0], 3), 114, np.uint8), []
        for k in range(grid * grid):
            picture, truth = pictures[first + k], truths[first + k].copy()
            x, y = (k % grid) * width, (k // grid) * height
            canvas[y : y + height, x : x + width] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
            truth[:, [1, 3]] = truth[:, [1, 3]] * (width / picture.shape[1]) + x
            truth[:, [2, 4]] = truth[:, [2, 4]] * (height / picture.shape[0]) + y
            rows.append(truth)
        out.append((canvas, np.concatenate(rows)))
    return [c for c, _ in out], [r for _, r in out]
