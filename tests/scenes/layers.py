# SPDX-License-Identifier: GPL-3.0-or-later
"""A layer: what one thing (or a group that belongs together) changes in the picture of the empty set, with mask and truth.

Nothing here needs Blender. Pixels: arrays are in the finished (lens-warped) frame, cut to `box`.

    picture = patch + through * (below - empty)        through = (1 - alpha) * shade

`patch` was rendered in the set itself, so over the empty set the result is the rendering, to the bit; over anything else `below`
shows through the mask's soft edge and is darkened by the thing's shadow. `depth` (metres from the camera) decides who hides whom.

A take is the series of layers of one thing: a single one for a state ("bin/overflowing"), many for a movement ("walker_red/north").
On disk: <folder>/<layout>/<light>/<take with / as .>.npz, beside empty.png and set.json (camera, light, fps).
"""
import json
import os
from dataclasses import dataclass, field

import cv2
import numpy as np


@dataclass
class Layer:
    box: tuple  # x1 y1 x2 y2, pixels
    patch: np.ndarray  # h w 3, uint8
    alpha: np.ndarray  # h w, uint8
    shade: np.ndarray  # h w, uint8; 255 = no shadow
    ids: np.ndarray  # h w, uint8: 0 = nothing, k = things[k - 1]
    depth: np.ndarray  # h w, float16 metres; infinite where nothing is
    things: list = field(default_factory=list)  # dicts: key, class, enu_metres, full (box), also (keys), cut

    def reach(self):
        """How far its nearest foot point is from the camera, metres."""
        return min((t["away_metres"] for t in self.things), default=float("inf"))


_ARRAYS = ("patch", "alpha", "shade", "ids", "depth")


def save(path, layers):
    """`layers` may hold None: the thing is outside the frame at that step."""
    flat = {name: np.concatenate([getattr(y, name).ravel() for y in layers if y] or [np.empty(0, np.uint8)]) for name in _ARRAYS}
    meta = json.dumps([{"box": [int(v) for v in y.box], "things": y.things} if y else None for y in layers])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    np.savez_compressed(path + ".part.npz", meta=np.frombuffer(meta.encode(), np.uint8), **flat)
    os.replace(path + ".part.npz", path)


def load(path):
    with np.load(path) as file:
        flat, meta, at, out = {n: file[n] for n in _ARRAYS}, json.loads(file["meta"].tobytes()), 0, []
    for entry in meta:
        if entry is None:
            out.append(None)
            continue
        x1, y1, x2, y2 = entry["box"]
        size = (y2 - y1) * (x2 - x1)
        cut = {n: flat[n][at:at + size].reshape(y2 - y1, x2 - x1) for n in _ARRAYS[1:]}
        patch = flat["patch"][at * 3:(at + size) * 3].reshape(y2 - y1, x2 - x1, 3)
        out.append(Layer((x1, y1, x2, y2), patch, things=entry["things"], **cut))
        at += size
    return out


class Library:
    """The takes of one layout under one light, read when first asked for."""

    def __init__(self, folder, layout, light):
        self.folder = f"{folder}/{layout}/{light}"
        if not os.path.exists(f"{self.folder}/set.json"):
            raise SystemExit(f"{self.folder}: no such set; render it with library.py --layout {layout} --light {light}")
        with open(f"{self.folder}/set.json") as file:
            self.set = json.load(file)
        self.empty = cv2.imread(f"{self.folder}/empty.png")
        self._takes = {}

    def take(self, name):
        if name not in self._takes:
            path = f"{self.folder}/{name.replace('/', '.')}.npz"
            if not os.path.exists(path):
                raise SystemExit(f"{self.folder}: the take {name!r} is not rendered")
            self._takes[name] = load(path)
        return self._takes[name]


def extract(box, picture, empty, alpha, ids, depth, things):
    """Cuts a layer out of a rendered picture: finds the shadow, and drops what differs by rendering noise alone."""
    x1, y1, x2, y2 = box
    patch, below, alpha = picture[y1:y2, x1:x2].astype(np.float32), empty[y1:y2, x1:x2].astype(np.float32), alpha[y1:y2, x1:x2]
    solid = np.clip(cv2.GaussianBlur(alpha, (0, 0), .6) * 1.02 - .01, 0, 1)
    free = (alpha == 0).astype(np.float32)
    # Means over the ground alone, so that the thing's own colour does not leak into its shadow.
    mean = lambda image: cv2.GaussianBlur(image.mean(2) * free, (0, 0), 1.2) / np.maximum(cv2.GaussianBlur(free, (0, 0), 1.2), 1e-3)
    lit, was = mean(patch), mean(below)
    change = np.abs(lit - was)
    keep = np.clip((change - 3.0) / 4.0, 0, 1)
    keep = np.maximum(cv2.GaussianBlur(keep, (0, 0), 1.0), np.clip(cv2.dilate(solid, np.ones((5, 5))) * 4, 0, 1))
    # The last pixels of the box fade out, but not at the frame's edge.
    fade = np.ones(keep.shape, np.float32)
    for side, edge in ((0, y1 > 0), (1, x1 > 0), (2, y2 < empty.shape[0]), (3, x2 < empty.shape[1])):
        if edge:
            fade[(slice(0, 2), slice(None), slice(-2, None), slice(None))[side], (slice(None), slice(0, 2), slice(None), slice(-2, None))[side]] = 0
    keep *= np.maximum(cv2.GaussianBlur(fade, (0, 0), 1.0), (solid > .5))
    shade = np.clip((lit + 2) / (was + 2), 0, 1)
    shade = 1 - (1 - shade) * keep * (free > 0)
    patch = below + (patch - below) * keep[..., None]
    to_bytes = lambda a: np.clip(a + .5, 0, 255).astype(np.uint8)
    return Layer(box, to_bytes(patch), to_bytes(solid * 255), to_bytes(shade * 255), ids[y1:y2, x1:x2].copy(), depth[y1:y2, x1:x2].astype(np.float16), things)
