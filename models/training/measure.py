"""Measures the exported detector and prints the figures of the model card. Each line says on what, and whether it was seen in training.

Recall and precision are at the manifest's score_min and IoU 0.5 unless said otherwise. `F1 .. at` is the best single threshold
for that set: material for choosing score_min. The same code measures the untouched start network (`start`) for comparison.
"""
import contextlib
import io
import json
import pathlib
import time
import tomllib

import cv2
import numpy as np
import torch
from pycocotools.coco import COCO as CocoTruth
from pycocotools.cocoeval import COCOeval

from classes import BINS, HEIGHT_PX, IGNORED, NAMES, WIDTH_PX
from detect import Detector, iou, letterbox, match
from export import Decoded, trained, yardstick
from pictures import frames, read_coco, stills

VEHICLES = [NAMES.index(n) for n in ("car", "bus", "truck")]
PERSON = NAMES.index("person")


def average_precision(found, truths):
    """{class: (AP50, AP50:95)} by pycocotools. Pictures are parallel lists of [N,6] and [M,5]."""
    annotations = [(i, t) for i, rows in enumerate(truths) for t in rows if t[0] != IGNORED]
    box = lambda r: [float(r[1]), float(r[2]), float(r[3] - r[1]), float(r[4] - r[2])]
    truth = CocoTruth()
    with contextlib.redirect_stdout(io.StringIO()):
        truth.dataset = dict(images=[dict(id=i) for i in range(len(truths))], categories=[dict(id=c, name=n) for c, n in enumerate(NAMES)],
                             annotations=[dict(id=k + 1, image_id=i, category_id=int(r[0]), bbox=box(r), area=float((r[3] - r[1]) * (r[4] - r[2])), iscrowd=0) for k, (i, r) in enumerate(annotations)])
        truth.createIndex()
        results = [dict(image_id=i, category_id=int(r[0]), bbox=box(r), score=float(r[5])) for i, rows in enumerate(found) for r in rows]
        if not results:
            return {}
        run = COCOeval(truth, truth.loadRes(results), "bbox")
        run.evaluate(), run.accumulate()
    precision = run.eval["precision"][:, :, :, 0, 2]
    return {c: (precision[0, :, c].mean(), precision[:, :, c].mean()) for c in range(len(NAMES)) if (precision[:, :, c] > -1).any()}


def at_threshold(found, truths, classes, score_min, iou_min=0.5):
    """(recall, precision, truth boxes) of a group of classes taken as one; score_min by class or one number."""
    limit = np.broadcast_to(np.asarray(score_min, float), len(NAMES))
    right = reported = wanted = 0
    for rows, truth in zip(found, truths):
        rows = rows[np.isin(rows[:, 0], classes)]
        rows, ignored = rows[rows[:, 5] >= limit[rows[:, 0].astype(int)]], truth[truth[:, 0] == IGNORED]
        truth, spared = truth[np.isin(truth[:, 0], classes)], (iou(rows[:, 1:5], ignored[:, 1:5]) > 0.2).any(1)
        hits = match(rows, truth, iou_min) >= 0
        right, reported, wanted = right + hits.sum(), reported + (hits | ~spared).sum(), wanted + len(truth)
    return right / max(wanted, 1), right / max(reported, 1), wanted


def best_threshold(found, truths, classes):
    scored = []
    for limit in np.arange(0.1, 0.8, 0.05):
        recall, precision, _ = at_threshold(found, truths, classes, limit)
        scored.append((2 * recall * precision / max(recall + precision, 1e-9), limit))
    return max(scored, key=lambda s: s[0])  # the lowest of equals


class Report:
    def __init__(self):
        self.lines = []

    def say(self, line):
        print(line, flush=True)
        self.lines.append(line)

    def set_of(self, title, found, truths, limits):
        self.say(f"## {title}: {len(truths)} pictures")
        ap, present = average_precision(found, truths), sorted({int(c) for t in truths for c in t[:, 0] if c != IGNORED})
        for c in present:
            recall, precision, count = at_threshold(found, truths, [c], limits)
            best, limit = best_threshold(found, truths, [c])
            self.say(f"{NAMES[c]:16} n {count:4}  AP50 {ap.get(c, (0, 0))[0]:.3f}  AP {ap.get(c, (0, 0))[1]:.3f}  recall {recall:.2f} precision {precision:.2f}  F1 {best:.2f} at {limit:.2f}")
        if ap:
            self.say(f"mean AP50 {np.mean([ap[c][0] for c in present]):.3f}  AP {np.mean([ap[c][1] for c in present]):.3f}")


def labelled(listed):
    pictures = [(cv2.imread(str(path)), np.array(rows, np.float32).reshape(-1, 5)) for path, rows in listed]
    return [p for p, _ in pictures], [t for _, t in pictures]


def pets(data):
    """Frames 0-399 with the MOT ground truth (every person, however hidden)."""
    rows = np.loadtxt(data / "mot/PETS09-S2L1_first400/gt/gt.txt", delimiter=",")
    rows = rows[rows[:, 6] > 0]
    truth = [np.array([[PERSON, x, y, x + w, y + h] for x, y, w, h in rows[rows[:, 0] == n + 1, 2:6]], np.float32).reshape(-1, 5) for n in range(400)]
    return [p for _, p in frames(data / "videos/pets09_s2l1_f0-399.mp4", 0, 400, 1)], truth


def rendered_clip(scenes):
    """The sample clip of the street renderer, objects at least 14 px high and not cut by the frame; parasol boxes include the pole."""
    names = {"parasol": "umbrella"}
    known = json.loads((scenes / "clip_day.json").read_text())["frames"]
    truth = [np.array([[NAMES.index(names.get(o["cls"], o["cls"])), *o["box"]] for o in f["objects"] if names.get(o["cls"], o["cls"]) in NAMES and o.get("box") and not o["trunc"] and o["box"][3] - o["box"][1] >= 14], np.float32).reshape(-1, 5) for f in known]
    return [p for _, p in frames(scenes / "clip_day.mp4", 0, len(truth), 1)], truth


def agreement(report, title, ours, start, limits):
    """How far the kept classes moved: against the untouched start network at 0.4 (found), 0.2 (right)."""
    kept = [c for c in range(len(NAMES)) if c not in BINS and NAMES[c] not in ("tricycle", "stall")]
    for label, group in (("person", [PERSON]), ("car/bus/truck", VEHICLES), ("other kept classes", [c for c in kept if c != PERSON and c not in VEHICLES])):
        strict, loose = ([t[t[:, 5] >= limit][:, :5] for t in start] for limit in (0.4, 0.2))
        found, _, count = at_threshold(ours, strict, group, limits)
        _, right, _ = at_threshold(ours, loose, group, limits)
        report.say(f"{title}: {label}: found {found:.2f} of {count}, right {right:.2f}")


def measure(shared, stills_folder, out, models):
    shared, out, report = pathlib.Path(shared), pathlib.Path(out), Report()
    out.mkdir(parents=True, exist_ok=True)
    data, manifest = shared / "data", tomllib.loads((models / "street-nano.toml").read_text())
    limits = np.array([c["score_min"] for c in manifest["class"]])
    ours = Detector(models / manifest["file"], NAMES)
    start_path = out / "start.onnx"
    start = Detector(start_path, yardstick(shared / "weights" / "yolox_nano_416.onnx", start_path))
    run = lambda detector, pictures: [detector(p) for p in pictures]

    pictures, truth = labelled(read_coco(data / "coco_bins_val.json"))
    found = run(ours, pictures)
    report.set_of("coco_bins_val (held out, same source as the training pictures)", found, truth, limits)
    recall, precision, count = at_threshold(found, truth, BINS[:2], limits)
    report.say(f"bin and bin_overflowing as one: recall {recall:.2f} precision {precision:.2f} of {count}")

    pictures, truth = labelled(stills(stills_folder, True))
    if pictures:
        report.set_of("rendered stills (held out, same renderer)", run(ours, pictures), truth, limits)

    pictures, truth = rendered_clip(shared / "scenes")
    found = run(ours, pictures)
    report.set_of("rendered clip_day (never trained on; another version of the renderer)", found, truth, limits)
    for name in ("umbrella", "stall", "garbage_pile"):
        recall, precision, count = at_threshold(found, truth, [NAMES.index(name)], limits, 0.3)
        report.say(f"{name}, IoU 0.3: recall {recall:.2f} precision {precision:.2f} of {count}")
    recall, precision, count = at_threshold(found, truth, BINS[:2], limits, 0.3)
    report.say(f"bin and bin_overflowing as one, IoU 0.3: recall {recall:.2f} precision {precision:.2f} of {count}")

    pictures, truth = pets(data)
    for name, detector in (("ours", ours), ("start", start)):
        found = run(detector, pictures)
        for limit in (0.25, 0.3, 0.35, 0.4, 0.45, 0.5):
            recall, precision, count = at_threshold(found, truth, [PERSON], limit)
            report.say(f"PETS 0-399 persons, {name} at {limit:.2f}: recall {recall:.3f} precision {precision:.3f} of {count}")
        if name == "ours":
            report.say(f"PETS 0-399, false alarms of taught classes a frame: {alarms(found, limits)}")

    for video, span, note in (("opendatacam_stuttgart_junction.mp4", (400, 499, 3), "frames 400-498, trained on 0-299 of this camera"),
                              ("otvision_cars-cyclist.mp4", (0, 999, 2), "camera never trained on"), ("bgslib_video03_road.avi", (0, 2000, 40), "camera never trained on")):
        pictures = [p for _, p in frames(data / "videos" / video, *span)]
        found = run(ours, pictures)
        report.say(f"## {video}: {len(pictures)} frames, {note}")
        agreement(report, video.split("_")[0], found, run(start, pictures), limits)
        report.say(f"false alarms of taught classes a frame: {alarms(found, limits)}")

    canvas = letterbox(pictures[0])[0].transpose(2, 0, 1)[None].astype(np.float32)
    if (out / "student.pt").exists():
        with torch.no_grad():
            there = Decoded(trained(out))(torch.from_numpy(canvas)).numpy()
        here = ours.session.run(None, {"images": canvas})[0]
        report.say(f"## ONNX Runtime against torch: largest difference {np.abs(here[..., :4] - there[..., :4]).max():.4f} px, {np.abs(here[..., 4:] - there[..., 4:]).max():.5f} in probability")
    else:
        report.say(f"## ONNX Runtime against torch: not compared, no {out / 'student.pt'} here (trained elsewhere)")
    times = []
    for _ in range(40):
        began = time.perf_counter()
        ours.session.run(None, {"images": canvas})
        times.append(1000 * (time.perf_counter() - began))
    report.say(f"one thread, {WIDTH_PX}x{HEIGHT_PX}, ONNX Runtime on CPU: best {min(times):.1f} ms, median {np.median(times):.1f} ms")
    (out / "figures.txt").write_text("\n".join(report.lines) + "\n")


def alarms(found, limits):
    """Mean count a frame of things that are not there, for scenes known to hold none of the taught classes."""
    taught = [c for c in range(len(NAMES)) if NAMES[c] in ("tricycle", "bin", "bin_overflowing", "garbage_pile", "stall")]
    counts = {NAMES[c]: sum(int(((rows[:, 0] == c) & (rows[:, 5] >= limits[c])).sum()) for rows in found) / len(found) for c in taught}
    return ", ".join(f"{name} {count:.2f}" for name, count in counts.items() if count) or "none"
