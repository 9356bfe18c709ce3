"""What is learnt from: pictures with labels, and street frames that only the teacher labels.

Rights and held-out parts: `../street-nano.md`. Never read here: videos/otvision_*, videos/bgslib_*, frames 400+ of vtest.avi, and of
the rendered clips the layouts that rendered.py holds out.
"""
import dataclasses
import pathlib
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from classes import BINS, NAMES
from coco import absences, read_coco
from paste import read_cutouts
from refused import Refused
from rendered import LAYOUTS, rendered_clips
from video import frames

SIDE_MAX_PX = 768
EVERYTHING = tuple(range(len(NAMES)))  # a rendering's labels name all there is
STREETS = {  # video: (first frame, end, step); the rest of opendatacam is kept back for measuring
    "pets09_s2l1_f0-399.mp4": (0, 400, 3),
    "opendatacam_stuttgart_junction.mp4": (0, 300, 2),
    "intel_car-detection.mp4": (0, 377, 4),
}
SHARES = {"bins": 0.38, "amsterdam": 0.08, "street": 0.28, "stills": 0.12, "clips": 0.14}  # of what is drawn
AMSTERDAM = pathlib.Path(__file__).parent / "labels/amsterdam.json"  # our labels; the photographs are in the shared folder
CLIP_STEP = 5
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
    repeats: dict = dataclasses.field(default_factory=dict)  # {set name: how often each picture is drawn}, see balance.py; none is evenly


def shrink(pixels, labels, absent=()):
    scale = min(1.0, SIDE_MAX_PX / max(pixels.shape[:2]))
    if scale < 1:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return Picture(pixels, np.array(labels, np.float32).reshape(-1, 5) * np.array([1, scale, scale, scale, scale], np.float32), tuple(absent))


def load(listed, absent=()):
    """`absent`: of every picture alike, or one list of classes for each."""
    each = absent if absent and not isinstance(absent[0], int) else [absent] * len(listed)

    def one(item, missing):
        (path, labels), pixels = item, cv2.imread(str(item[0]))
        if pixels is None:
            raise Refused(path, "picture", "cannot be decoded", "a picture that OpenCV reads")
        return shrink(pixels, labels, missing)

    with ThreadPoolExecutor() as pool:
        return list(pool.map(one, listed, each))


def stills(folders):
    """Rendered stills of every folder with a coco.json. An absent folder is an empty set."""
    paths = [pathlib.Path(folder) / "coco.json" for folder in folders]
    return [item for path in paths if path.exists() for item in read_coco(path, growing=True)]


def amsterdam(data, learnt, testing):
    """Another city: the photographs of Amsterdam with the labels that we drew. `learnt`: all, even, odd or none of them; the rest tests."""
    listed = read_coco(AMSTERDAM, folder=pathlib.Path(data) / "images/amsterdam_unlabelled", growing=True)
    known = {"all": listed, "even": listed[::2], "odd": listed[1::2], "none": []}[learnt]
    return [item for item in listed if item not in known] if testing else known


def shared_sources(shared, stills_folders, things, learnt="all", renderings=True):
    """Our own run: the shared folder's photographs and clips, rendered clips, and rendered stills and cut-outs (where they are there).
    Without `renderings`: real pictures alone."""
    data = pathlib.Path(shared) / "data"
    bins = read_coco(data / "coco_bins_train.json", only=[NAMES[i] for i in BINS])
    street = [shrink(picture, []) for video, span in STREETS.items() for _, picture in frames(data / "videos" / video, *span)]
    street += load([(path, []) for path, _ in read_coco(data / "coco_potholes.json", only=())])
    clips = [shrink(*shown, EVERYTHING) for clip in rendered_clips(CLIP_STEP, layouts=LAYOUTS).values() for shown in zip(*clip)]
    sets = {"bins": load(bins), "amsterdam": load(amsterdam(data, learnt, False)), "street": street, "stills": load(stills(stills_folders), EVERYTHING), "clips": clips}
    if not renderings:
        sets |= {"stills": [], "clips": []}
    shares = {name: share if sets[name] else 0 for name, share in SHARES.items()}
    shares["stills"] *= min(1, len(sets["stills"]) / STILLS_FULL)
    return Sources(sets, shares, read_cutouts(pathlib.Path(things) / "cutouts.json") if renderings else {})


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
