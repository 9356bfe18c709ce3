"""What is learnt from: pictures with labels, and street frames that only the teacher labels.

Rights and held-out parts: `../street-nano.md`. Never read here: videos/otvision_*, videos/bgslib_*, frames 400+ of vtest.avi.
"""
import dataclasses
import json
import pathlib
import zlib

import cv2
import numpy as np

from classes import IGNORED, NAMES

SIDE_MAX_PX = 768
STREETS = {  # video: (first frame, end, step); the rest of opendatacam is kept back for measuring
    "pets09_s2l1_f0-399.mp4": (0, 400, 4),
    "opendatacam_stuttgart_junction.mp4": (0, 300, 4),
    "intel_car-detection.mp4": (0, 377, 5),
}
HELD_OUT_PERCENT = 15
STILLS_SHARE_MAX, STILLS_FULL = 0.36, 180  # a small set is drawn more rarely


@dataclasses.dataclass
class Picture:
    pixels: np.ndarray  # BGR
    labels: np.ndarray  # [N,5] class (IGNORED: may or may not be found), left, top, right, bottom
    complete: bool = False  # the labels name everything there is, so the teacher has nothing to add


def read_coco(path):
    """(file, labels) of every picture of a COCO file; classes go by name, those we do not know are left out. `ignore` is kept."""
    data, folder = json.loads(path.read_text()), path.parent
    names = {c["id"]: c["name"] for c in data["categories"]}
    labels = {image["id"]: [] for image in data["images"]}
    for a in data["annotations"]:
        x, y, w, h = a["bbox"]
        if names[a["category_id"]] in NAMES:
            labels[a["image_id"]].append([IGNORED if a.get("ignore") else NAMES.index(names[a["category_id"]]), x, y, x + w, y + h])
    return [(folder / image["file_name"], labels[image["id"]]) for image in data["images"]]


def shrink(pixels, labels, complete=False):
    scale = min(1.0, SIDE_MAX_PX / max(pixels.shape[:2]))
    if scale < 1:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return Picture(pixels, np.array(labels, np.float32).reshape(-1, 5) * np.array([1, scale, scale, scale, scale], np.float32), complete)


def load(listed, complete=False):
    found = [(cv2.imread(str(path)), labels) for path, labels in listed]
    return [shrink(pixels, labels, complete) for pixels, labels in found if pixels is not None]


def frames(path, first, end, step):
    """(frame number, picture) of a video."""
    video, number = cv2.VideoCapture(str(path)), 0
    while number < end:
        more, picture = video.read()
        if not more:
            return
        if number >= first and (number - first) % step == 0:
            yield number, picture
        number += 1


def held_out(path):
    """Chosen by name, so that a set which grows keeps its split."""
    return zlib.crc32(path.name.encode()) % 100 < HELD_OUT_PERCENT


def stills(folder, testing):
    """Rendered stills, 15 % of which are kept for measuring. An absent folder is an empty set."""
    path = pathlib.Path(folder) / "coco.json"
    return [item for item in read_coco(path) if held_out(item[0]) == testing and item[0].exists()] if path.exists() else []


def training_sets(shared, stills_folder):
    """{set name: pictures} and the share of each set in what is drawn."""
    data = pathlib.Path(shared) / "data"
    street = [shrink(picture, []) for video, span in STREETS.items() for _, picture in frames(data / "videos" / video, *span)]
    street += load([(path, []) for path, _ in read_coco(data / "coco_potholes.json")])
    sets = {"bins": load(read_coco(data / "coco_bins_train.json")), "street": street, "stills": load(stills(stills_folder, False), complete=True)}
    shares = {"bins": 0.48, "street": 0.24, "stills": min(STILLS_SHARE_MAX, len(sets["stills"]) / STILLS_FULL)}
    return sets, shares
