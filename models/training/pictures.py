"""What is learnt from: pictures with labels, and street frames that only the teacher labels.

Rights and held-out parts: `../street-nano.md`. Never read here: videos/otvision_*, videos/bgslib_*, frames 400+ of vtest.avi, the
photographs of Amsterdam (read once, as pictures in which anything may stand, and the bins found in them halved), and of the state
library the layouts that tests/scenes/pictures.py holds out.
"""
import dataclasses
import pathlib
import zlib

import cv2
import numpy as np

from classes import BINS, NAMES
from coco import absences, read_coco
from paste import read_cutouts
from refused import Refused

SIDE_MAX_PX = 768
EVERYTHING = tuple(range(len(NAMES)))  # a rendering's labels name all there is
STREETS = {  # video: (first frame, end, step); the rest of opendatacam is kept back for measuring
    "pets09_s2l1_f0-399.mp4": (0, 400, 4),
    "opendatacam_stuttgart_junction.mp4": (0, 300, 3),
    "intel_car-detection.mp4": (0, 377, 4),
}
HELD_OUT_PERCENT = 15
SHARES = {"bins": 0.40, "street": 0.26, "stills": 0.20, "composed": 0.14}  # of what is drawn
STILLS_FULL = 120  # a smaller set is drawn more rarely


@dataclasses.dataclass
class Picture:
    pixels: np.ndarray  # BGR
    labels: np.ndarray  # [N,5] class (IGNORED: may or may not be found), left, top, right, bottom
    absent: tuple = ()  # classes of which nothing is there but what is labelled: the teacher is not believed


@dataclasses.dataclass
class Sources:
    """What a run learns from."""
    sets: dict  # {set name: pictures}
    shares: dict  # {set name: share of what is drawn}
    cutouts: dict  # {class: cut-outs}, see paste.py


def shrink(pixels, labels, absent=()):
    scale = min(1.0, SIDE_MAX_PX / max(pixels.shape[:2]))
    if scale < 1:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return Picture(pixels, np.array(labels, np.float32).reshape(-1, 5) * np.array([1, scale, scale, scale, scale], np.float32), tuple(absent))


def load(listed, absent=()):
    """`absent`: of every picture alike, or one list of classes for each."""
    pictures, each = [], absent if absent and not isinstance(absent[0], int) else [absent] * len(listed)
    for (path, labels), missing in zip(listed, each):
        pixels = cv2.imread(str(path))
        if pixels is None:
            raise Refused(path, "picture", "cannot be decoded", "a picture that OpenCV reads")
        pictures.append(shrink(pixels, labels, missing))
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


def shared_sources(shared, stills_folders, composed):
    """Our own run: the shared folder's photographs and clips, rendered stills, composed pictures and cut-outs (where they are there)."""
    data, composed = pathlib.Path(shared) / "data", pathlib.Path(composed)
    bins = read_coco(data / "coco_bins_train.json", only=[NAMES[i] for i in BINS])
    listed = {"stills": stills(stills_folders, False), "composed": read_coco(composed / "coco.json") if (composed / "coco.json").exists() else []}
    street = [shrink(picture, []) for video, span in STREETS.items() for _, picture in frames(data / "videos" / video, *span)]
    street += load([(path, []) for path, _ in read_coco(data / "coco_potholes.json", only=())])
    sets = {"bins": load(bins), "street": street, **{name: load(items, EVERYTHING) for name, items in listed.items()}}
    shares = {name: share if sets[name] else 0 for name, share in SHARES.items()}
    shares["stills"] *= min(1, len(sets["stills"]) / STILLS_FULL)
    return Sources(sets, shares, read_cutouts(composed / "cutouts.json"))


def own_sources(folder):
    """A city's run: a folder as `gridwarden dataset export` writes it (coco/train.json and images/), or with a train.json or coco.json
    and pictures relative to it. Nothing else is read. A picture without boxes is a negative for the classes known to be absent."""
    folder = pathlib.Path(folder)
    path = next((folder / name for name in ("coco/train.json", "train.json", "coco.json") if (folder / name).exists()), None)
    if path is None:
        raise Refused(folder, "--data", "no coco/train.json, train.json or coco.json", "a folder as `gridwarden dataset export` writes it")
    listed = read_coco(path, folder=folder)
    pictures = load(listed, absences(path))
    sets = {"seen": [p for p in pictures if len(p.labels)], "negatives": [p for p in pictures if not len(p.labels)]}
    if not sets["seen"]:
        raise Refused(path, "annotations", "empty", "at least one box")
    return Sources(sets, {"seen": 0.75, "negatives": 0.25 if sets["negatives"] else 0}, {})
