# SPDX-License-Identifier: GPL-3.0-or-later
"""Random stills of the street with exact boxes, for training and testing detectors.

    python stills.py --out DIR --first 0 --count 140 [--samples 5]

Out: DIR/<number>.jpg and DIR/coco.json, rewritten whole (and renamed into place) every ten pictures, so a reader may take what
is there at any time. Every third picture is laid out like the demonstration clip (`demo_clip.py`), one in four has no bin,
stall, rubbish, tricycle or umbrella. Each picture depends on its number alone. A box with under 30 visible pixels or under a
quarter of its full box showing carries `"ignore": 1`. CPU: about 8 s a picture.
"""
import argparse
import json
import math
import os
import random
import sys
import time

import cv2
import numpy as np

import furniture
import truth
import vehicles
from furniture import PAVEMENT_METRES, Bin, Stall
from people import Person
from sensor import sensor
from street import build, use_cycles

WIDTH, HEIGHT = 640, 360
CLASSES = ["person", "bicycle", "motorcycle", "car", "bus", "truck", "tricycle", "umbrella", "bin", "bin_overflowing", "garbage_pile", "stall"]
PAINTS = [(.55, .55, .57), (.02, .02, .025), (.35, .02, .02), (.7, .7, .68), (.03, .06, .2), (.25, .26, .27), (.5, .4, .25), (.02, .15, .08), (.6, .3, .02)]
BIN_PAINTS = [(.02, .14, .05), (.05, .08, .2), (.03, .03, .035), (.22, .23, .24), (.3, .03, .02), (.45, .32, .03), (.02, .25, .3), (.04, .3, .08), (.25, .12, .05), (.45, .46, .45)]
CLOTHS = [(.55, .03, .03), (.75, .72, .65), (.03, .12, .45), (.7, .7, .7), (.05, .3, .1), (.6, .35, .02), (.25, .03, .3), (.65, .55, .1), (.02, .02, .03), (.6, .2, .3)]


def _cloth(rng):
    return tuple(rng.random() ** 1.5 * m for m in (.7, .6, .6))


def _walker(rng, x, y, z, umbrella=False, turn=None):
    turn = rng.choice([1.57, -1.57, 3.1, 0]) + rng.gauss(0, .3) if turn is None else turn
    skin = tuple(c * rng.uniform(.7, 1.15) for c in (.48, .29, .19))
    Person(x, y, turn, _cloth(rng), tuple(rng.random() * m for m in (.25, .22, .3)), rng.uniform(1.45, 1.85), rng.choice(["walk", "walk", "stand"]), z, rng.randrange(8), skin=skin)
    if umbrella:
        furniture.hand_umbrella(x, y, z, rng.sample(CLOTHS, 2) if rng.random() < .4 else [rng.choice(CLOTHS)] * 2)


def _two_wheeler(rng, x, y, turn, z):
    make = vehicles.ebike if rng.random() < .6 else vehicles.bicycle
    make(x, y, turn, rng.choice(PAINTS), z)


class Layout:
    """Where things of this picture may stand: one side of the street, from `near` to `far` metres north of the camera."""

    def __init__(self, rng, west, near, far, south):
        self.rng, self.west, self.near, self.far, self.south = rng, west, near, far, south
        self.taken = []

    def spot(self, lo=-4.3, hi=-.9, clear=1.0):
        """A free place on the pavement: x in west-side terms, mirrored for the east side; nearer is likelier."""
        for _ in range(40):
            x, y = self.rng.uniform(lo, hi), self.near + (self.far - self.near) * self.rng.random() ** 1.4
            if all((x - a) ** 2 + (y - b) ** 2 > (clear + c) ** 2 for a, b, c in self.taken):
                break
        self.taken.append((x, y, clear))
        return (x if self.west else 7 - x), self.south + y

    def facing_road(self):
        return 0.0 if self.west else math.pi


def _stall(rng, layout):
    kind = rng.choice(["fruit", "fruit", "fruit", "clothes", "cart", "mat"])
    x, y = layout.spot(-3.2, -1.4, 1.6)
    turn = layout.facing_road() + rng.gauss(0, .25) + (rng.choice([0, 1.57, -1.57]) if rng.random() < .3 else 0)
    Stall(x, y, turn, rng.randrange(1000), kind, rng.random() < (.25 if kind == "cart" else .6), tuple(rng.sample(CLOTHS, 2)), rng.uniform(1.0, 1.55))
    forward = (math.cos(turn), math.sin(turn))
    if rng.random() < .85:
        _walker(rng, x - forward[0] * .95, y - forward[1] * .95 + rng.uniform(-.4, .4), PAVEMENT_METRES, turn=turn)
    for _ in range(rng.choice([0, 0, 1, 1, 2])):
        _walker(rng, x + forward[0] * 1.0, y + forward[1] * 1.0 + rng.uniform(-.8, .8), PAVEMENT_METRES, turn=turn + math.pi + rng.gauss(0, .3))
    if rng.random() < .45:
        vehicles.tricycle(.7 if layout.west else 6.3, y + rng.choice([-2.5, 2.5]), 1.57 + rng.gauss(0, .15), 0, rng.choice(PAINTS), rng.randrange(9), rng.choice([None, None, *CLOTHS]), rng.randrange(99))


def _bins(rng, layout):
    x, y = layout.spot(-4.4, -1.2, 1.5)
    paint = rng.choice(BIN_PAINTS)
    scale = rng.uniform(.8, 1.25)
    for i in range(rng.choice([1, 1, 2, 2, 3])):
        state = rng.choice(["closed", "closed", "open", "over", "over"])
        colour = paint if rng.random() < .6 else rng.choice(BIN_PAINTS)
        turn = layout.facing_road() + rng.gauss(0, .2) + rng.choice([0, 0, 0, 1.57, 3.14])
        at = x + rng.uniform(-.1, .1), y + i * .9 * scale
        Bin(*at, turn, colour, rng.choice(BIN_PAINTS) if rng.random() < .3 else None,
            {"closed": 0, "open": rng.uniform(1.6, 2.1), "over": rng.choice([rng.uniform(.5, .9), rng.uniform(1.5, 2.1)])}[state],
            rng.randint(3, 8) if state == "over" else 0, rng.randrange(1000), scale)
        if state == "over" and rng.random() < .6 or rng.random() < .15:
            away = 1 if layout.west else -1
            furniture.garbage(at[0] + away * rng.uniform(.5, .9), at[1] + rng.uniform(-.4, .7), rng.randint(2, 9), rng.randrange(1000), rng.uniform(.3, .6))


def _pile(rng, layout):
    x, y = layout.spot(-4.4, -.8, .9)
    furniture.garbage(x, y, rng.randint(1, 13), rng.randrange(1000), rng.uniform(.3, .8), rng.choice([None, 0, 6]))


def populate(rng, demo_like, negative, camera_x):
    """Fills the street. The camera stands at y = 0; `demo_like` keeps the clip's arrangement, shaken."""
    west = demo_like or camera_x > 3
    layout = Layout(rng, west, 8 if demo_like else 5.5, 22 if demo_like else 26, 0)
    shake = rng.gauss
    if not negative:
        if demo_like:
            by = 10.3 + shake(0, .6)
            for i in range(2):
                over = rng.random() < .5
                heap = rng.randint(3, 8) if over else 0
                Bin(-4.0 + shake(0, .2), by + i * .9, shake(0, .15), rng.choice(BIN_PAINTS), None, rng.uniform(1.5, 2.0) if over or rng.random() < .2 else 0, heap, rng.randrange(1000), 1.1 + shake(0, .06))
                if over and rng.random() < .8:
                    furniture.garbage(-3.3 + shake(0, .2), by + i * .9 + shake(0, .5), rng.randint(3, 9), rng.randrange(1000), rng.uniform(.3, .55))
            layout.taken.append((-4, by + .5, 1.5))
            if rng.random() < .75:
                sy = 15.3 + shake(0, .8)
                Stall(-2.1 + shake(0, .25), sy, shake(0, .15), rng.randrange(1000), rng.choice(["fruit", "fruit", "cart", "clothes"]), rng.random() < .75, tuple(rng.sample(CLOTHS, 2)), rng.uniform(1.15, 1.5))
                _walker(rng, -3.0, sy, PAVEMENT_METRES, turn=0)
                if rng.random() < .7:
                    _walker(rng, -1.1, sy + shake(0, .5), PAVEMENT_METRES, turn=3.1)
                layout.taken.append((-2, sy, 1.8))
            if rng.random() < .6:
                vehicles.tricycle(.75, 13 + shake(0, 1.5), -1.57 + shake(0, .1), 0, rng.choice(PAINTS), rng.randrange(8), None, rng.randrange(99))
        else:
            for part, chance in ((_bins, .75), (_stall, .7), (_pile, .5), (_stall, .25), (_bins, .4), (_pile, .3)):
                if rng.random() < chance:
                    part(rng, layout)
            if rng.random() < .35:
                y = rng.uniform(7, 24)
                vehicles.tricycle(rng.uniform(.7, 6), y, rng.choice([1.57, -1.57]) + shake(0, .1), 0, rng.choice(PAINTS), rng.randrange(9), rng.choice([None, *CLOTHS]), rng.randrange(99))
    for _ in range(rng.randint(0, 3)):
        furniture.distractor(rng.choice(furniture.DISTRACTORS), *layout.spot(-4.4, -.7, .7), layout.facing_road() + shake(0, .3), rng)
    if negative and rng.random() < .3:
        return
    for y in (13, 20, 26, 32.5, 39):
        if rng.random() < (.3 if y == 13 else .65):
            x = 1.45 if west else 5.6
            if rng.random() < .12:
                vehicles.truck(x, y, 1.57 + shake(0, .02), rng.choice(PAINTS), rng.choice(PAINTS))
            else:
                vehicles.car(x + rng.uniform(-.1, .2), y + rng.uniform(-.6, .6), math.pi / 2 + shake(0, .03), rng.choice(PAINTS), rng.choice(["sedan", "suv", "van"]))
    for y in rng.sample([9, 17, 25, 36, 47], rng.randint(0, 2)):
        lane, turn = (5.2, -math.pi / 2) if west else (2.3, math.pi / 2)
        kind = rng.random()
        if kind < .12 and y > 15:
            vehicles.bus(lane, y, turn, rng.choice(PAINTS))
        elif kind < .25:
            vehicles.truck(lane, y, turn, rng.choice(PAINTS), rng.choice(PAINTS))
        else:
            vehicles.car(lane, y, turn + shake(0, .02), rng.choice(PAINTS), rng.choice(["sedan", "suv", "van"]))
    for _ in range(rng.randint(1, 6)):
        if rng.random() < .25:
            _walker(rng, rng.uniform(.8, 6.2), rng.uniform(7, 30), 0)
        else:
            _walker(rng, *layout.spot(-4.3, -.6, .3), PAVEMENT_METRES, umbrella=not negative and rng.random() < .12)
    for _ in range(rng.choice([0, 0, 1, 2, 4])):
        _two_wheeler(rng, *layout.spot(-2.2, -.7, .5), rng.gauss(.1, .25) + rng.choice([0, 1.57]), PAVEMENT_METRES)
    if rng.random() < .35:
        x, y = rng.uniform(2, 5), rng.uniform(8, 28)
        turn = rng.choice([1.57, -1.57])
        vehicles.ebike(x, y, turn, rng.choice(PAINTS))
        Person(x - .28 * math.cos(turn), y - .28 * math.sin(turn), turn, _cloth(rng), (.05, .05, .08), 1.68, "ride", -.1)


def make(number, folder, samples):
    """Renders one picture; returns its COCO image entry and annotations (without ids of their own)."""
    rng = random.Random(f"still {number}")
    demo_like, negative = number % 3 == 0, number % 4 == 1
    light = "overcast" if rng.random() < .45 else "day"
    trees = [y for y in (6.5, 13, 21, 34, 48, 62) if rng.random() < (.35 if y < 20 else .7)]
    if demo_like:
        trees = [y for y in (21, 34, 48, 62) if rng.random() < .8]
        at, look, hfov = (7.8 + rng.gauss(0, .3), 0, 6.2 + rng.gauss(0, .4)), (-1.4 + rng.gauss(0, .5), 13.5 + rng.gauss(0, .6), .8), 53 + rng.gauss(0, 3)
    else:
        x = rng.choice([rng.uniform(4.5, 8.5), rng.uniform(4.5, 8.5), rng.uniform(-1.2, 2.5)])
        if x < 3:
            trees = [y for y in trees if y > 20]
        at, look, hfov = (x, 0, rng.uniform(4, 8)), ((rng.uniform(-3, 1.0) if x > 3 else rng.uniform(6, 10)), rng.uniform(9, 18), .3), rng.uniform(45, 78)
    scene = build(light, number, trees_west=trees, trees_east=[y for y in (18, 26, 36, 50) if rng.random() < .7], houses_east_from=14 if at[0] > 3 else 0)
    scene.view_settings.exposure += rng.uniform(-.4, .35)
    truth.forget_meshes()
    populate(rng, demo_like, negative, at[0])
    camera = truth.Camera(scene, at, look, hfov, WIDTH, HEIGHT)
    use_cycles(scene, samples)
    clean = camera.warp(truth.render(scene, f"{folder}/.render.png"))
    objects = truth.observe(camera, truth.render_ids(scene, camera, f"{folder}/.ids.png"))
    grain = np.random.default_rng(number)
    name = f"{number:04d}.jpg"
    cv2.imwrite(f"{folder}/{name}", sensor(clean, grain, rng.uniform(.8, 3.2)), [cv2.IMWRITE_JPEG_QUALITY, rng.randint(78, 95)])
    annotations = []
    for o in objects:
        if o["visible"] is None:
            continue
        x1, y1, x2, y2 = o["visible"]
        f = [min(max(v, 0), m) for v, m in zip(o["full"], (WIDTH, HEIGHT, WIDTH, HEIGHT))]
        share = (x2 - x1) * (y2 - y1) / max(1e-6, (f[2] - f[0]) * (f[3] - f[1]))
        annotations.append({"image_id": number, "category_id": CLASSES.index(o["class"]) + 1, "bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1),
                            "iscrowd": 0, "ignore": int(o["visible_px"] < 30 or share < .25), "visible_px": o["visible_px"], "visible_share": round(min(1, share), 3)})
    image = {"id": number, "file_name": name, "width": WIDTH, "height": HEIGHT, "light": light, "demo_like": demo_like, "negative": negative}
    return image, annotations


def write(folder, images, annotations):
    body = {"info": {"description": "rendered street stills, exact visible boxes", "licence": "CC0-1.0"},
            "categories": [{"id": i + 1, "name": n} for i, n in enumerate(CLASSES)], "images": images,
            "annotations": [{"id": i + 1, **a} for i, a in enumerate(annotations)]}
    with open(f"{folder}/.coco.json", "w") as file:
        json.dump(body, file)
    os.replace(f"{folder}/.coco.json", f"{folder}/coco.json")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=140)
    parser.add_argument("--samples", type=int, default=5)
    parser.add_argument("--cpu-secs-max", type=float, default=2100, help="stop after so much CPU time")
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    images, annotations = [], []
    for n in range(options.first, options.first + options.count):
        started = time.process_time()
        image, boxes = make(n, options.out, options.samples)
        images.append(image)
        annotations += boxes
        print(f"still {n}: {len(boxes)} boxes, {time.process_time() - started:.1f} CPU s, {time.process_time():.0f} in all", file=sys.stderr, flush=True)
        if len(images) % 10 == 0:
            write(options.out, images, annotations)
        if time.process_time() > options.cpu_secs_max:
            break
    write(options.out, images, annotations)


if __name__ == "__main__":
    main()
