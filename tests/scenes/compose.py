# SPDX-License-Identifier: GPL-3.0-or-later
"""Composes frames and their truth from layers; needs no Blender. See layers.py for how a layer is painted.

In: a `Play` = which takes stand in the picture from when to when. Out: for any second the picture and what is in it.
Who hides whom is decided a pixel by depth; a shadow falls on the empty set, not on other things (a limit).
"""
from dataclasses import dataclass

import cv2
import numpy as np

import sensor


@dataclass(frozen=True)
class Part:
    """A take in the picture. A state stays until `until`; a movement runs once. `name` sets a copy's key apart."""
    take: str
    start: float
    until: float = float("inf")
    name: str = ""


@dataclass(frozen=True)
class Fault:
    """A fault of the camera from `start` to `until` (seconds of the stream); `amount` as its kind reads it:
    covered = share of the frame hidden, moved = pixels, blurred = standard deviation in pixels, clock = seconds jumped."""
    kind: str  # covered moved blurred frozen black dropped clock
    start: float
    until: float = float("inf")
    amount: float = 1.0

    def share(self, t, ramp=1.0):
        """0 outside, 1 inside, rising over `ramp` seconds."""
        return 0.0 if not self.start <= t < self.until else min(1.0, (t - self.start) / ramp + .2)


class Play:
    def __init__(self, library, parts):
        self.library, self.fps = library, library.set["fps"]
        self.parts = [(p, library.take(p.take)) for p in parts]
        keys = sorted({self._key(p, thing["key"]) for p, take in self.parts for layer in take if layer for thing in layer.things})
        self.numbers = {key: n + 1 for n, key in enumerate(keys)}
        assert len(keys) < 255

    @staticmethod
    def _key(part, key):
        return key if not part.name else part.name + key[len(part.take.split("/")[0]):] if key.startswith(part.take.split("/")[0]) else f"{part.name}.{key}"

    def _active(self, t):
        out = []
        for part, take in self.parts:
            step = int((t - part.start) * self.fps + 1e-6) if t >= part.start else -1
            if len(take) == 1:
                step = 0 if part.start <= t < part.until else -1
            if 0 <= step < len(take) and t < part.until and take[step]:
                out.append((part, take[step]))
        return sorted(out, key=lambda pair: -pair[1].reach())

    def frame(self, t):
        """The clean picture (float32), the numbers of things a pixel, and their facts by number."""
        empty = self.library.empty
        canvas = empty.astype(np.float32)
        numbers, depth, facts = np.zeros(canvas.shape[:2], np.uint8), np.full(canvas.shape[:2], np.inf, np.float32), {}
        for part, layer in self._active(t):
            table = np.zeros(256, np.uint8)
            for k, thing in enumerate(layer.things):
                number = self.numbers[self._key(part, thing["key"])]
                table[k + 1] = number
                facts[number] = {**thing, "also": [self.numbers[self._key(part, a)] for a in thing["also"] if self._key(part, a) in self.numbers]}
            paint(canvas, numbers, depth, empty, layer, table)
        for fact in facts.values():
            fact["also"] = [n for n in fact["also"] if n in facts]
        return canvas, numbers, facts

    def whole(self, facts):
        """A thing made of several layers (a stall and its canopy) has the box around all of them."""
        for fact in facts.values():
            boxes = [fact["full"]] + [facts[n]["full"] for n in fact["also"]]
            fact["full"] = [min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)]


def paint(canvas, numbers, depth, empty, layer, table):
    """Lays one layer over the canvas, in place; `table` turns the layer's own ids into the clip's numbers."""
    x1, y1, x2, y2 = layer.box
    cut = (slice(y1, y2), slice(x1, x2))
    alpha, shade = layer.alpha.astype(np.float32)[..., None] / 255, layer.shade.astype(np.float32)[..., None] / 255
    behind, taken = empty[cut].astype(np.float32), numbers[cut] > 0
    own = np.where(np.isfinite(layer.depth), layer.depth.astype(np.float32), layer.reach())
    hidden = taken & ((depth[cut] < own - .05) | (layer.alpha == 0))
    over = np.where(taken[..., None], 1.0, shade)
    drawn = layer.patch + (1 - alpha) * (over * canvas[cut] - shade * behind)
    canvas[cut] = np.where(hidden[..., None], canvas[cut], drawn)
    mine = (layer.ids > 0) & ~hidden
    numbers[cut] = np.where(mine, table[layer.ids], numbers[cut])
    depth[cut] = np.where(mine, own, depth[cut])


class Stream:
    """The frames of a play as a camera with faults delivers them."""

    def __init__(self, play, seed, faults=()):
        self.play, self.seed, self.faults, self.raining = play, seed, faults, play.library.set["light"] == "rain"
        self.noise = sensor.NOISE[play.library.set["light"]]
        self._held = None

    def _fault(self, kind, t):
        return next((f for f in self.faults if f.kind == kind and f.start <= t < f.until), None)

    def frame(self, n):
        """Frame n of the stream: picture (uint8), truth record; None for a dropped frame."""
        t, rng = n / self.play.fps, np.random.default_rng([self.seed, n])
        if self._fault("dropped", t):
            return None
        frozen = self._fault("frozen", t)
        if frozen and self._held:
            picture, record = self._held
            return picture, {**record, "frame": n, "t_secs": round(t, 2), "faults": ["frozen"]}
        picture, numbers, facts = self.play.frame(t)
        self.play.whole(facts)
        picture, numbers = self._spoil(picture, numbers, facts, t, rng)
        jump = self._fault("clock", t)
        shown = t + (jump.amount if jump else 0)
        black = self._fault("black", t)
        if black:
            picture, numbers = np.clip(rng.normal(2, 1, picture.shape), 0, 255).astype(np.uint8), np.zeros_like(numbers)
        else:
            picture = sensor.sensor(picture, rng, self.noise)
        record = {"frame": n, "t_secs": round(t, 2), "shows_secs": round(t, 2)}
        if not black:
            record["clock"] = sensor.clock_text(shown, self.play.library.set["light"])
            sensor.clock(picture, record["clock"])
        faults = [f.kind for f in self.faults if f.start <= t < f.until]
        if faults:
            record["faults"] = faults
        record["objects"] = observe(numbers, facts)
        self._held = (picture, record)
        return picture, record

    def _spoil(self, picture, numbers, facts, t, rng):
        """What happens before the sensor: a knocked camera, rain, a cover, bad focus. Truth follows the picture."""
        h, w = numbers.shape
        moved, covered, blurred = (self._fault(kind, t) for kind in ("moved", "covered", "blurred"))
        if moved:
            reach = moved.amount * moved.share(t, .6)
            matrix = sensor.motion((h, w), (reach, reach * .35), reach * .06)
            picture = cv2.warpAffine(picture, matrix, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
            numbers = cv2.warpAffine(numbers, matrix, (w, h), flags=cv2.INTER_NEAREST, borderValue=0)
            for fact in facts.values():
                x1, y1, x2, y2 = fact["full"]
                corners = np.array([(x1, y1, 1), (x2, y1, 1), (x2, y2, 1), (x1, y2, 1)]) @ matrix.T
                fact["full"] = [round(float(v), 1) for v in (*corners.min(0), *corners.max(0))]
        if self.raining:
            picture = sensor.rain(picture, rng)
        if covered:
            opacity, cloth = sensor.cover((h, w), np.random.default_rng(self.seed), covered.amount * covered.share(t, 2.0))
            picture = picture * (1 - opacity) + cloth * opacity
            numbers = np.where(opacity[..., 0] > .5, 0, numbers)
        if blurred:
            picture = cv2.GaussianBlur(picture, (0, 0), max(.3, blurred.amount * blurred.share(t, 2.0)))
        return picture, numbers


def observe(numbers, facts):
    """Truth records of one frame, by number: visible box and pixels from the composed numbers, the rest from the layers."""
    h, w = numbers.shape
    out = []
    for number in sorted(facts):
        fact = facts[number]
        ys, xs = np.nonzero(np.isin(numbers, [number, *fact["also"]]))
        x1, y1, x2, y2 = fact["full"]
        if x2 <= 0 or y2 <= 0 or x1 >= w or y1 >= h:
            continue
        visible = [int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1] if len(xs) else None
        out.append({"id": number, "class": fact["class"], "visible": visible, "full": fact["full"], "visible_px": int(len(xs)),
                    "enu_metres": [round(v, 2) for v in fact["enu_metres"]]})
        if x1 < 0 or y1 < 0 or x2 > w or y2 > h:
            out[-1]["cut"] = True
    return out
