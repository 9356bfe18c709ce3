# SPDX-License-Identifier: GPL-3.0-or-later
"""Random labelled training pictures and cut-outs from the state library; needs no Blender. A picture costs some 50 ms.

    python pictures.py --layers DIR --out DIR [--count 600] [--seed 1] [--sets street/day,street/night]

Out: DIR/<number>.jpg with DIR/coco.json (visible boxes; under 30 visible pixels or a quarter of the full box: `"ignore": 1`), and
DIR/cutouts/<number>.png (BGR and alpha) with DIR/cutouts.json: single things to paste into other pictures, with their boxes.
Each picture depends on the seed, its number and the sets alone. Layouts in HELD_OUT are refused: they measure the detector. Clips
of the committed set are composed from the same layers by script, not drawn here, so no frame of theirs comes out.
"""
import argparse
import json
import os
import random

import cv2
import numpy as np

from compose import Part, Play, observe
from layers import Library
from sensor import NOISE, sensor

HELD_OUT = ("mirror", "junction")
CLASSES = ["person", "bicycle", "motorcycle", "car", "bus", "truck", "tricycle", "umbrella", "bin", "bin_overflowing", "garbage_pile", "stall"]
SHARE = {"bin": .85, "stall": .6, "trike": .45, "courier": .25, "garbage": .45, "dumped": .35, "parked": .5}  # of pictures that show it
OTHERWISE = .18
EMPTY_SHARE = .15  # pictures with traffic and walkers alone
EVENTS = ("bin", "stall", "trike", "courier", "garbage", "dumped", "parasol", "vendor", "customer")
VISIBLE_MIN_PX, VISIBLE_MIN_SHARE, CUTOUT_MIN_PX = 30, .25, 24


def sets_in(folder):
    """Every finished set that is not held out: (layout, light)."""
    return sorted((layout, light) for layout in os.listdir(folder) if layout not in HELD_OUT for light in os.listdir(f"{folder}/{layout}")
                  if os.path.exists(f"{folder}/{layout}/{light}/empty.png") and any(f.endswith(".npz") for f in os.listdir(f"{folder}/{layout}/{light}")))


def takes_in(library):
    """{thing: its takes} of a set, from what is rendered."""
    things = {}
    for file in sorted(os.listdir(library.folder)):
        if file.endswith(".npz") and not file.endswith(".part.npz"):
            thing, take = file[:-4].split(".")
            things.setdefault(thing, []).append(f"{thing}/{take}")
    return things


def share_of(thing):
    return next((share for name, share in SHARE.items() if thing.startswith(name)), OTHERWISE)


def draw(library, things, rng):
    """The picture (uint8), and what is in it as records of `observe`."""
    empty, parts, now = rng.random() < EMPTY_SHARE, [], 1000.0
    for thing, takes in things.items():
        if rng.random() < (0 if empty and thing.startswith(EVENTS) else share_of(thing)):
            take = rng.choice(takes)
            step = rng.randrange(len(library.take(take)))
            parts.append(Part(take, now - step / library.set["fps"], name=thing))  # a vendor on foot and one on a saddle are two
    play = Play(library, parts)
    picture, numbers, facts = play.frame(now)
    play.whole(facts)
    noise = np.random.default_rng(rng.getrandbits(32))
    return sensor(picture, noise, NOISE[library.set["light"]]), observe(numbers, facts)


def annotations(objects):
    """(class, x, y, width, height, ignore) of what shows."""
    for o in objects:
        if o["class"] in CLASSES and o["visible"]:
            x1, y1, x2, y2 = o["visible"]
            f = o["full"]
            little = o["visible_px"] < VISIBLE_MIN_PX or (x2 - x1) * (y2 - y1) < VISIBLE_MIN_SHARE * max(1, (f[2] - f[0]) * (f[3] - f[1]))
            yield o["class"], x1, y1, x2 - x1, y2 - y1, int(little)


def cut_out(layer):
    """A layer as a picture with alpha and the boxes in it; None if it is small, cut by the frame or holds nothing we label."""
    height, width = layer.alpha.shape
    boxes = []
    for k, thing in enumerate(layer.things):
        together = [k + 1] + [i + 1 for i, other in enumerate(layer.things) if other["key"] in thing["also"]]
        ys, xs = np.nonzero(np.isin(layer.ids, together))
        if thing["class"] in CLASSES and len(xs) > 100:
            boxes.append([thing["class"], int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1])
    if not boxes or min(height, width) < CUTOUT_MIN_PX or any(t.get("cut") for t in layer.things):
        return None
    x1, y1, x2, y2 = layer.box
    if x1 <= 0 or y1 <= 0 or x2 >= 640 or y2 >= 360:
        return None
    # A pixel less all round: the soft edge has the colour of the ground it was rendered on.
    alpha = cv2.GaussianBlur(cv2.erode(layer.alpha, np.ones((2, 2), np.uint8)), (0, 0), .6)
    return np.dstack([layer.patch, alpha]), boxes


def cut_outs(library, things):
    for takes in things.values():
        for take in takes:
            layers = [layer for layer in library.take(take) if layer]
            for layer in layers[:: max(1, len(layers) // 6)]:
                cut = cut_out(layer)
                if cut:
                    yield take, *cut


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sets", help="layout/light, comma between; default: all that are there and not held out")
    options = parser.parse_args()
    chosen = [tuple(name.split("/")) for name in options.sets.split(",")] if options.sets else sets_in(options.layers)
    for layout, _ in chosen:
        if layout in HELD_OUT:
            raise SystemExit(f"--sets: the layout {layout!r} is held out of training (HELD_OUT in pictures.py)")
    if not chosen:
        raise SystemExit(f"{options.layers}: no rendered set; render one with library.py")
    os.makedirs(f"{options.out}/cutouts", exist_ok=True)
    images, labels, cutouts = [], [], []
    for index, (layout, light) in enumerate(chosen):
        library = Library(options.layers, layout, light)
        things = takes_in(library)
        for number in range(index, options.count, len(chosen)):
            picture, objects = draw(library, things, random.Random(f"{options.seed} {number} {layout}/{light}"))
            file = f"{number:05d}.jpg"
            cv2.imwrite(f"{options.out}/{file}", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
            images.append({"id": number, "file_name": file, "width": picture.shape[1], "height": picture.shape[0], "set": f"{layout}/{light}"})
            for name, x, y, w, h, ignore in annotations(objects):
                labels.append({"id": len(labels) + 1, "image_id": number, "category_id": CLASSES.index(name) + 1, "bbox": [x, y, w, h], "area": w * h, "iscrowd": 0, "ignore": ignore})
        for take, pixels, boxes in cut_outs(library, things):
            file = f"cutouts/{len(cutouts):05d}.png"
            cv2.imwrite(f"{options.out}/{file}", pixels)
            cutouts.append({"file_name": file, "take": take, "set": f"{layout}/{light}", "boxes": boxes})
        print(f"{layout}/{light}: done; {len(images)} pictures, {len(cutouts)} cut-outs", flush=True)
    truth = {"info": {"licence": "CC0-1.0"}, "images": images, "annotations": labels, "categories": [{"id": i + 1, "name": name} for i, name in enumerate(CLASSES) if any(a["category_id"] == i + 1 for a in labels)]}
    for name, value in (("coco.json", truth), ("cutouts.json", cutouts)):
        with open(f"{options.out}/{name}.part", "w") as file:
            json.dump(value, file)
        os.replace(f"{options.out}/{name}.part", f"{options.out}/{name}")


if __name__ == "__main__":
    main()
