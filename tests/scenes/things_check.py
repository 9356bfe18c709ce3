# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds cut-outs of things.py against what training takes for granted; needs no Blender.

    python things_check.py DIR

Fails on the first folder with: a listed file that is missing or has no alpha; a class that is none of CLASSES; a box outside its
picture, without solid pixels, or with a side at which nothing of the thing is seen; a thing without its own class among its boxes;
a distractor with a box. Prints how many there are of each kind, and how many designs.
"""
import collections
import json
import os
import sys

import cv2

CLASSES = ("person", "bicycle", "motorcycle", "car", "bus", "truck", "tricycle", "umbrella", "bin", "bin_overflowing", "garbage_pile", "stall")
SEEN = 60  # alpha that a box's outermost rows and columns reach: a lone pixel's soft edge
SOLID_SHARE_MIN = .02
DARK_MAX = 6  # mean of a picture in which nothing can be made out


def faults(entry, pixels):
    """What is wrong with one cut-out, in words."""
    if pixels is None or pixels.ndim != 3 or pixels.shape[2] != 4:
        return ["cannot be read as BGR and alpha"]
    found, alpha = [], pixels[..., 3]
    height, width = alpha.shape
    kind, names = entry["take"].split("/")[0], [name for name, *_ in entry["boxes"]]
    if kind == "distractor" and names:
        found.append(f"a distractor has boxes: {names}")
    if kind in CLASSES and kind not in names:
        found.append(f"no {kind} among its boxes {names}")
    for name, x1, y1, x2, y2 in entry["boxes"]:
        if name not in CLASSES:
            found.append(f"class {name!r}")
        if not (0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height):
            found.append(f"box of {name} {[x1, y1, x2, y2]} outside {width}x{height}")
            continue
        part = alpha[y1:y2, x1:x2]
        if (part > 127).mean() < SOLID_SHARE_MIN:
            found.append(f"box of {name} {[x1, y1, x2, y2]} holds nothing solid")
        if min(part[0].max(), part[-1].max(), part[:, 0].max(), part[:, -1].max()) < SEEN:
            found.append(f"box of {name} {[x1, y1, x2, y2]} is wider than what is seen")
    if not (alpha > 127).any():
        found.append("nothing solid")
    elif pixels[alpha > 127][:, :3].mean() < DARK_MAX:
        found.append("black")
    return found


def main():
    folder = sys.argv[1]
    with open(f"{folder}/cutouts.json") as file:
        entries = json.load(file)
    wrong, kinds, designs = 0, collections.Counter(), collections.defaultdict(set)
    for entry in entries:
        path = f"{folder}/{entry['file_name']}"
        for fault in faults(entry, cv2.imread(path, cv2.IMREAD_UNCHANGED) if os.path.exists(path) else None):
            print(f"{entry['file_name']} ({entry['take']}): {fault}")
            wrong += 1
        kind, design = entry["take"].split("/")
        kinds[kind] += 1
        designs[kind].add(design.split("-")[0])
    boxes = collections.Counter(name for entry in entries for name, *_ in entry["boxes"])
    print(f"{len(entries)} cut-outs: " + ", ".join(f"{kind} {n} ({len(designs[kind])} designs)" for kind, n in kinds.most_common()))
    print("boxes: " + ", ".join(f"{name} {n}" for name, n in boxes.most_common()))
    sys.exit(bool(wrong) or not entries)


if __name__ == "__main__":
    main()
