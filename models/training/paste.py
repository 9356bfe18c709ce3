"""Cut-outs of rendered things pasted into any canvas: stalls, bins, piles and the like before streets they were never rendered in.

Without it a stall is known from one renderer's streets alone, and a far bin from no real street at all.
"""
import json
import pathlib
import random
from dataclasses import dataclass

import cv2
import numpy as np

from classes import BINS, NAMES, VISIBLE_MIN

HEIGHT_SHARE = (0.045, 0.32)  # of the canvas, before the take's own size
COVERED_MAX = 0.5
CUT = 0.25  # share of pastes that lie on the left or right edge: were only things of ours cut by it, any sliver there would be one
PASTES_MAX = 4
OTHER = "other"  # a thing of no class of ours, so that not everything pasted is one
# How often a class is pasted; people and cars go along as company, and so that a cut edge alone says nothing.
CHANCE = {"stall": 4, "bin": 5, "bin_overflowing": 4, "garbage_pile": 4, "tricycle": 3, "umbrella": 2, "person": 3, "car": 1.5, "bus": 0.5, "truck": 0.5, "motorcycle": 1, OTHER: 7}
SIZE = {"stall": 1.5, "bin": 0.9, "bin_overflowing": 1.0, "garbage_pile": 0.5, "tricycle": 1.2, "car": 1.1, "bus": 1.8, "truck": 1.8}
SLIVER = 0.4  # width by height of a bin cut by a side below which it may be anything: a strip of a dark fence looks the same
FLAT = 0.6  # a share of pastes gets the canvas's own brightness


@dataclass
class CutOut:
    pixels: np.ndarray  # BGR and alpha
    labels: np.ndarray  # [N,5] class, left, top, right, bottom
    kind: str


def read_cutouts(path):
    """{class: cut-outs} from a cutouts.json of tests/scenes/things.py; an absent file is no cut-outs."""
    path, sets = pathlib.Path(path), {}
    if not path.exists():
        return sets
    for entry in json.loads(path.read_text()):
        labels = np.array([[NAMES.index(name), *box] for name, *box in entry["boxes"]], np.float32).reshape(-1, 5)
        names = [name for name, *_ in entry["boxes"]]
        kind = max(names, key=lambda name: (name != "person", CHANCE.get(name, 0)), default=OTHER)
        sets.setdefault(kind, []).append(CutOut(cv2.imread(str(path.parent / entry["file_name"]), cv2.IMREAD_UNCHANGED), labels, kind))
    return sets


def dyed(pixels):
    """Another hue for the whole thing."""
    hsv = cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(np.int32) + random.randrange(180)) % 180
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)


def scaled(cut, height_px):
    """The cut-out at a height, perhaps mirrored, dyed, brighter or darker: (BGR float, alpha 0..1, labels)."""
    scale, stretch = height_px / cut.pixels.shape[0], random.uniform(0.85, 1.18)
    size = max(4, round(cut.pixels.shape[1] * scale * stretch)), max(4, round(height_px))
    pixels = cv2.resize(cut.pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    labels = cut.labels * np.array([1, scale * stretch, scale, scale * stretch, scale], np.float32)
    if random.random() < 0.5:
        pixels = pixels[:, ::-1]
        labels[:, [1, 3]] = size[0] - labels[:, [3, 1]]
    colour = np.ascontiguousarray(pixels[..., :3])
    if random.random() < 0.6:
        colour = dyed(colour)
    return colour.astype(np.float32) * random.uniform(0.6, 1.3) + random.uniform(-12, 12), pixels[..., 3:].astype(np.float32) / 255, labels


def across(thing_px, width):
    """A thing's left side: mostly whole within the canvas or nearly so, sometimes on one of its edges."""
    if thing_px >= width:
        return 0
    left = random.randint(-thing_px // 6, width - thing_px * 5 // 6 - 1)
    if random.random() < CUT:
        hidden = random.randint(0, thing_px * 5 // 6)
        left = random.choice((-hidden, width - thing_px + hidden))
    return left


def slivers(labels, left, right):
    """Which labels are strips of a bin or a pile on one of a picture's sides."""
    wide, high = labels[:, 3] - labels[:, 1], labels[:, 4] - labels[:, 2]
    return np.isin(labels[:, 0], BINS) & ((labels[:, 1] <= left) | (labels[:, 3] >= right)) & (wide < SLIVER * high)


def paste(canvas, cutouts, labels, ignored):
    """Lays one to PASTES_MAX things over the canvas, far ones first. Returns the labels and ignored boxes of the whole: a label that
    is mostly covered is ignored from then on."""
    height, width = canvas.shape[:2]
    kinds = [kind for kind in cutouts if kind in CHANCE]
    feet = sorted(random.uniform(0.3, 1.0) for _ in range(random.randint(1, PASTES_MAX)))
    base = np.exp(random.uniform(*np.log(HEIGHT_SHARE)))
    shows, since = np.zeros((height, width), np.uint8), np.zeros(len(labels), np.uint8)  # number of the paste that shows there; of that which brought the label
    for number, foot in enumerate(feet, 1):
        kind = random.choices(kinds, [CHANCE[k] for k in kinds])[0]
        cut = random.choice(cutouts[kind])
        high = height * base * SIZE.get(kind, 1.0) * (0.45 + foot) * random.uniform(0.8, 1.25)
        colour, alpha, added = scaled(cut, min(max(high, 12), height * 0.8))
        left, top = across(alpha.shape[1], width), int(foot * height - alpha.shape[0])
        x0, y0, x1, y1 = max(0, left), max(0, top), min(width, left + alpha.shape[1]), min(height, top + alpha.shape[0])
        if x1 - x0 < 6 or y1 - y0 < 6:
            continue
        cut_y, cut_x = slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
        below, alpha, colour = canvas[y0:y1, x0:x1].astype(np.float32), alpha[cut_y, cut_x], colour[cut_y, cut_x]
        if random.random() < FLAT:
            colour = colour * np.clip((below.mean() + 30) / (colour[alpha[..., 0] > 0.5].mean() + 30), 0.4, 1.6) if (alpha > 0.5).any() else colour
        canvas[y0:y1, x0:x1] = np.clip(colour * alpha + below * (1 - alpha), 0, 255).astype(np.uint8)
        shows[y0:y1, x0:x1][alpha[..., 0] > 0.5] = number
        covered = np.array([(shows[int(r[2]) : int(r[4]) + 1, int(r[1]) : int(r[3]) + 1] > first).mean() > COVERED_MAX for r, first in zip(labels, since)], bool)
        ignored, labels, since = np.concatenate([ignored, labels[covered][:, 1:]]), labels[~covered], since[~covered]
        added += np.array([0, left, top, left, top], np.float32)
        whole = (added[:, 3:] - added[:, 1:3]).prod(1)
        added[:, [1, 3]], added[:, [2, 4]] = added[:, [1, 3]].clip(0, width), added[:, [2, 4]].clip(0, height)
        sides = added[:, 3:] - added[:, 1:3]
        shown = (sides.min(1) >= 5) & (sides.prod(1) > VISIBLE_MIN * whole) & ~slivers(added, 0, width)
        labels, ignored = np.concatenate([labels, added[shown]]), np.concatenate([ignored, added[~shown][:, 1:]])
        since = np.concatenate([since, np.full(shown.sum(), number, np.uint8)])
    return labels, ignored
