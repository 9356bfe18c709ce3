"""What is learnt from: pictures with labels, and street frames that only the teacher labels.

Rights and held-out parts: `../street-nano.md`. Never read here: videos/otvision_*, videos/bgslib_*, frames 400+ of vtest.avi, and
of the state library the layouts that tests/scenes/pictures.py holds out.
"""
import dataclasses
import pathlib
import zlib

import cv2
import numpy as np

from classes import BINS, IGNORED, NAMES
from coco import class_names, read_coco
from paste import read_cutouts
from refused import Refused

SIDE_MAX_PX = 768
STREETS = {  # video: (first frame, end, step); the rest of opendatacam is kept back for measuring
    "pets09_s2l1_f0-399.mp4": (0, 400, 4),
    "opendatacam_stuttgart_junction.mp4": (0, 300, 3),
    "intel_car-detection.mp4": (0, 377, 4),
}
HELD_OUT_PERCENT = 15
SHARES = {"bins": 0.36, "street": 0.22, "amsterdam": 0.10, "stills": 0.20, "composed": 0.12}  # of what is drawn
STILLS_FULL = 120  # a smaller set is drawn more rarely


@dataclasses.dataclass
class Picture:
    pixels: np.ndarray  # BGR
    labels: np.ndarray  # [N,5] class (IGNORED: may or may not be found), left, top, right, bottom
    complete: bool = False  # the labels name everything there is, so the teacher has nothing to add


@dataclasses.dataclass
class Sources:
    """What a run learns from."""
    sets: dict  # {set name: pictures}
    shares: dict  # {set name: share of what is drawn}
    cutouts: dict  # {class: cut-outs}, see paste.py
    from_labels: tuple  # classes that the labels teach; all others come from the teacher


def shrink(pixels, labels, complete=False):
    scale = min(1.0, SIDE_MAX_PX / max(pixels.shape[:2]))
    if scale < 1:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return Picture(pixels, np.array(labels, np.float32).reshape(-1, 5) * np.array([1, scale, scale, scale, scale], np.float32), complete)


def load(listed, complete=False):
    pictures = []
    for path, labels in listed:
        pixels = cv2.imread(str(path))
        if pixels is None:
            raise Refused(path, "picture", "cannot be decoded", "a picture that OpenCV reads")
        pictures.append(shrink(pixels, labels, complete))
    return pictures


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


def stills(folders, testing):
    """Rendered stills of every folder with a coco.json, 15 % of which are kept for measuring. An absent folder is an empty set."""
    paths = [pathlib.Path(folder) / "coco.json" for folder in folders]
    return [item for path in paths if path.exists() for item in read_coco(path, growing=True) if held_out(item[0]) == testing]


def unknown(path):
    """An unlabelled picture in which anything may stand: the teacher teaches its classes there, ours are neither learnt nor denied."""
    height, width = cv2.imread(str(path)).shape[:2]
    return path, [[IGNORED, 0, 0, width, height]]


def shared_sources(shared, stills_folders, composed):
    """Our own run: the shared folder's photographs and clips, rendered stills, composed pictures and cut-outs (where they are there)."""
    data, composed = pathlib.Path(shared) / "data", pathlib.Path(composed)
    bins = read_coco(data / "coco_bins_train.json", only=[NAMES[i] for i in BINS])
    listed = {"stills": stills(stills_folders, False), "composed": read_coco(composed / "coco.json") if (composed / "coco.json").exists() else []}
    street = [shrink(picture, []) for video, span in STREETS.items() for _, picture in frames(data / "videos" / video, *span)]
    street += load([(path, []) for path, _ in read_coco(data / "coco_potholes.json", only=())])
    sets = {"bins": load(bins), "street": street, "amsterdam": load([unknown(path) for path in sorted((data / "images/amsterdam_unlabelled").glob("*.jpg"))]), **{name: load(items, complete=True) for name, items in listed.items()}}
    shares = {name: share if sets[name] else 0 for name, share in SHARES.items()}
    shares["stills"] *= min(1, len(sets["stills"]) / STILLS_FULL)
    return Sources(sets, shares, read_cutouts(composed / "cutouts.json"), ())


def own_sources(folder):
    """A city's run: `folder`/train.json (or coco.json) and nothing else. Pictures without annotations are negatives. What the file's
    classes do not name stays as the start network has it."""
    path = next((pathlib.Path(folder) / name for name in ("train.json", "coco.json") if (pathlib.Path(folder) / name).exists()), None)
    if path is None:
        raise Refused(folder, "--data", "no train.json and no coco.json", "a folder with a COCO json, as `gridwarden dataset export` writes it")
    listed = read_coco(path)
    sets = {"seen": load([item for item in listed if item[1]]), "negatives": load([item for item in listed if not item[1]])}
    if not sets["seen"]:
        raise Refused(path, "annotations", "empty", "at least one box")
    return Sources(sets, {"seen": 0.75, "negatives": 0.25 if sets["negatives"] else 0}, {}, tuple(class_names(path)))
