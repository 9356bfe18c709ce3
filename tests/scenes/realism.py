# SPDX-License-Identifier: GPL-3.0-or-later
"""How real the streets look to a detector: its recall of rendered cars and people, from the committed clips.

    python realism.py --model models/street-nano.toml [--program target/release/gridwarden] [--every 10] [--clips DIR] [--work DIR]
    python realism.py --found FILE ...

Takes every n-th frame of the clips whose camera has no fault, runs `gridwarden detect` at the manifest's thresholds (or reads what
another detector found on the frames in --work: COCO results with file_name and category_name), and counts a truth box as found
when a detection of an accepted class covers it at IoU 0.5 (each detection once, best score first). Truth that is cut by the frame,
or shows less than half of its full box, does not count. Intervals are Wilson's, 95 %, frames taken as independent.
"""
import argparse
import json
import math
import os
import subprocess
import sys

import cv2

HERE = os.path.dirname(os.path.abspath(__file__))
ACCEPTED = {"car": {"car", "truck", "bus"}, "person": {"person"}}
GROUPS = (("car", 24, 1e9), ("person", 64, 1e9), ("person", 32, 64))  # class, height in pixels from, to


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


def wilson(found, count, z=1.96):
    if not count:
        return 0.0, 1.0
    p, scale = found / count, 1 + z * z / count
    half = z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count)) / scale
    middle = (p + z * z / (2 * count)) / scale
    return middle - half, middle + half


def frames_of(clips, every, work):
    """Writes every n-th frame as PNG; yields (file, light, objects)."""
    for name in sorted(os.listdir(clips)):
        if not name.endswith(".json"):
            continue
        with open(f"{clips}/{name}") as file:
            truth = json.load(file)
        if truth["faults"]:
            continue
        video = cv2.VideoCapture(f"{clips}/{truth['clip']}")
        for n, record in enumerate(truth["frames"]):
            ok, picture = video.read()
            if not ok:
                raise SystemExit(f"{truth['clip']} ends before frame {n}")
            if n % every == 0:
                path = f"{work}/{name[:-5]}_{n:04d}.png"
                cv2.imwrite(path, picture)
                yield path, f"{truth['layout']}/{truth['light']}", record["objects"]


def counts(o):
    if o["visible"] is None or o.get("cut"):
        return False
    (x1, y1, x2, y2), f = o["visible"], o["full"]
    return (x2 - x1) * (y2 - y1) >= .5 * (f[2] - f[0]) * (f[3] - f[1])


def found_in(objects, detections, kind):
    """The truths of a class that a detection covers."""
    free, hits = [o for o in objects if o["class"] == kind and counts(o)], []
    for d in sorted((d for d in detections if d["category_name"] in ACCEPTED[kind]), key=lambda d: -d["score"]):
        x, y, w, h = d["bbox"]
        best = max(free, key=lambda o: iou(o["visible"], (x, y, x + w, y + h)), default=None)
        if best and iou(best["visible"], (x, y, x + w, y + h)) >= .5:
            hits.append(best)
            free.remove(best)
    return hits, free


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    parser.add_argument("--found", help="results of another detector, instead of --model")
    parser.add_argument("--program", default="target/release/gridwarden")
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--clips", default=f"{HERE}/clips")
    parser.add_argument("--work", default=".build/realism")
    options = parser.parse_args()
    if bool(options.model) == bool(options.found):
        parser.error("one of --model and --found")
    os.makedirs(options.work, exist_ok=True)
    shots = list(frames_of(options.clips, options.every, options.work))
    out = options.found or f"{options.work}/found.json"
    if not options.found:
        subprocess.run([options.program, "detect", "--model", options.model, "--providers", "cpu", "--out", out, *(s[0] for s in shots)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(out) as file:
        by_file = {}
        for d in json.load(file):
            by_file.setdefault(d["file_name"], []).append(d)
    tally = {}
    for path, where, objects in shots:
        for kind in ACCEPTED:
            hits, missed = found_in(objects, by_file.get(path, []), kind)
            for o, hit in [(o, 1) for o in hits] + [(o, 0) for o in missed]:
                high = o["visible"][3] - o["visible"][1]
                for group in GROUPS:
                    if group[0] == kind and group[1] <= high < group[2]:
                        for place in (where, "all"):
                            entry = tally.setdefault((group, place), [0, 0])
                            entry[0] += hit
                            entry[1] += 1
    print(f"{options.found or options.model}: {len(shots)} frames", file=sys.stderr)
    print("| class | height px | set | found | recall | 95 % |\n|---|---|---|---|---|---|")
    for (group, place), (found, count) in sorted(tally.items(), key=lambda e: (e[0][0], e[0][1] != "all", e[0][1])):
        low, high = wilson(found, count)
        span = f"{group[1]}-{group[2]:.0f}" if group[2] < 1e9 else f"> {group[1]}"
        print(f"| {group[0]} | {span} | {place} | {found}/{count} | {found / count:.2f} | {low:.2f}-{high:.2f} |")


if __name__ == "__main__":
    main()
