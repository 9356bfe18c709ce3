"""Measures an exported detector and writes figures.json, which the card is made of. Prints what it finds as it goes.

Recall and precision are at the manifest's score_min (choose.py) and IoU 0.5 unless said otherwise. The same code measures the untouched start
network (`start`) at the same input and, as the judge of the kept classes, at 640x640. Nothing measured here was learnt from, but for
what the title of a figure says.
"""
import hashlib
import json
import pathlib
import time
import tomllib

import numpy as np
import torch

from agreed import NanoDet, agreed
from choose import BIN_NAMES, LOOSE, beside_bins, of_bins
from classes import BINS, HEIGHT_PX, NAMES, WIDTH_PX
from coco import read_coco
from detect import Detector, letterbox
from export import Decoded, trained, write_onnx, yardstick
from held_back import demo_clip, labelled, older_clip, read, set_small, street_clips
from network import read_onnx
from pictures import amsterdam, load
from refused import Refused
from rendered import CLIPS, HELD_OUT_LAYOUTS, rendered_clips
from scoring import above, alarms, at_threshold, average_precision, bins_merged, false_boxes, one_bin, per_class, recall_of, share
from variants import write_fp16, write_int8
from video import frames

ALARMS = [NAMES.index(name) for name in ("bin", "bin_overflowing", "garbage_pile", "stall")]
STALL = NAMES.index("stall")
COMPARED = ("person", "car", "truck", "bus", "motorcycle", "bicycle")
RARE = ("umbrella", "chair", "dining_table", "dog")
JUDGE_FOUND, JUDGE_RIGHT = 0.4, 0.2  # scores of the judge's boxes that must be found, and that make a box of ours right
FRAMES_JUDGED = 80  # of a clip
STALL_MIN_PX, SMALL_PX = 40, (24, 48)
VARIANT_LOSS_MAX = 0.015


def ours(manifest):
    """(detector, thresholds, path) of a manifest, refused if it and its file disagree."""
    known = tomllib.loads(manifest.read_text())
    path, names = manifest.parent / known["file"], [c["name"] for c in known["class"]]
    if hashlib.sha256(path.read_bytes()).hexdigest() != known["sha256"]:
        raise Refused(manifest, "sha256", known["sha256"], f"the sum of {path.name} as it is")
    if names != NAMES:
        raise Refused(manifest, "class.name", " ".join(names), " ".join(NAMES))
    read_onnx(path)  # refuses another head, or another number of classes
    return Detector(path, names), np.array([c["score_min"] for c in known["class"]]), path


def kept_classes(found, judged, limits):
    """Recall and precision of the COCO classes against the judge's boxes."""
    strict, loose = ([rows[rows[:, 5] >= limit][:, :5] for rows in judged] for limit in (JUDGE_FOUND, JUDGE_RIGHT))
    out = {}
    for name in COMPARED:
        recall, _, wanted = at_threshold(found, strict, [NAMES.index(name)], limits)
        _, precision, _ = at_threshold(found, loose, [NAMES.index(name)], limits)
        reported = sum(int((above(rows, limits)[:, 0] == NAMES.index(name)).sum()) for rows in found)
        out[name] = dict(judged=wanted, reported=reported, recall=recall, precision=precision)
    return out


def cost(ours_session, start_session, rounds=60):
    """Milliseconds of CPU time a picture of both, taken in turns in one process."""
    canvas = np.full((1, 3, HEIGHT_PX, WIDTH_PX), 114, np.float32)
    times = {"ours": [], "start": []}
    for _ in range(rounds):
        for name, session in (("ours", ours_session), ("start", start_session)):
            began = time.process_time()
            session.run(None, {"images": canvas})
            times[name].append(1000 * (time.process_time() - began))
    ours_ms, start_ms = (float(np.median(times[name])) for name in ("ours", "start"))
    return dict(ours_ms=ours_ms, start_ms=start_ms, ratio=ours_ms / start_ms)


class Report:
    def __init__(self, path):
        self.path, self.figures = path, {}

    def put(self, name, value):
        self.figures[name] = value
        shorten = lambda v: round(v, 3) if isinstance(v, float) else {k: shorten(x) for k, x in v.items()} if isinstance(v, dict) else v
        print(name, json.dumps(shorten(value)), flush=True)
        self.path.write_text(json.dumps(self.figures, indent=1) + "\n")


def nets(given, out):
    """(ours with thresholds and path), the untouched start network at our input, the judge."""
    untouched = pathlib.Path(given.shared) / "weights" / "yolox_nano_416.onnx"
    start = Detector(out / "start.onnx", yardstick(untouched, out / "start.onnx", (WIDTH_PX, HEIGHT_PX)))
    judge = Detector(out / "judge.onnx", yardstick(untouched, out / "judge.onnx", (640, 640)), size_px=(640, 640))
    return ours(pathlib.Path(given.model)), start, judge


def run(net, pictures):
    return [net(p) for p in pictures]


def measure(given):
    out = pathlib.Path(given.out)
    out.mkdir(parents=True, exist_ok=True)
    report = Report(out / "figures.json")
    (detector, limits, path), start, judge = nets(given, out)
    report.put("model", dict(file=path.name, sha256=hashlib.sha256(path.read_bytes()).hexdigest(), limits=dict(zip(NAMES, limits.tolist()))))
    photographs(report, pathlib.Path(given.shared) / "data", detector, limits)
    runs(report, given, limits)
    renderings(report, given, limits)
    rare(report, given, detector, start, judge)
    clean_streets(report, given, detector, limits, start, judge)
    rendered(report, given, detector, limits, start)
    small_bins(report, detector, limits)
    machine(report, given, detector, start, path)


def photographs(report, data, detector, limits):
    """Average precision of all; recall and precision too, and on either half at thresholds chosen on the other."""
    pictures, truths = labelled(data / "coco_bins_val.json", BIN_NAMES)
    found = run(detector, pictures)
    report.put("bins_val", per_class(found, truths, limits))
    report.put("bins_val_merged", bins_merged(found, truths, limits))
    for one, other in ((0, 1), (1, 0)):
        chosen = limits.copy()
        for c, limit in of_bins(found[one::2], truths[one::2]).items():
            chosen[c] = limit
        report.put(f"bins_val_merged_half_{other}", bins_merged(found[other::2], truths[other::2], chosen))


def runs(report, given, limits):
    """What this run and others of the recipe (--also) reach on the photographs, on those of Amsterdam that each has not learnt from, and
    on streets with nothing to report, at the thresholds of the run that ships."""
    data = pathlib.Path(given.shared) / "data"
    pictures, truths = labelled(data / "coco_bins_val.json", BIN_NAMES)
    report.put("runs", [one_run(folder, given, pictures, truths, limits)[0] for folder in [given.out, *given.also]])


def one_run(folder, given, pictures, truths, limits):
    """(figures of a run's weights on bins, its network)."""
    folder, data = pathlib.Path(folder), pathlib.Path(given.shared) / "data"
    known, path = json.loads((folder / "run.json").read_text()), pathlib.Path(given.out) / "run.onnx"
    write_onnx(Decoded(trained(folder)), path)
    net = Detector(path, NAMES)
    row = dict(run=folder.name, seed=known["seed"], canvases=known["canvases"], amsterdam=known["amsterdam"], ap50=ap50s(run(net, pictures), truths))
    unseen = load(amsterdam(data, known["amsterdam"], True))
    if unseen:
        row |= dict(city_pictures=len(unseen), city=ap50s(run(net, [p.pixels for p in unseen]), [p.labels for p in unseen]))
    streets = street_clips(data, given.vtest)
    return row | dict(clean=alarms([net(p) for shown in streets.values() for p in shown], limits, ALARMS)), net


def renderings(report, given, limits):
    """What rendered clips and cut-outs are worth: two runs alike but for these (--pair)."""
    if not given.pair:
        return
    pictures, truths = labelled(pathlib.Path(given.shared) / "data/coco_bins_val.json", BIN_NAMES)
    clips, rows = rendered_clips(5, layouts=HELD_OUT_LAYOUTS).values(), []
    for folder in given.pair:
        row, net = one_run(folder, given, pictures, truths, limits)
        ap = average_precision([net(p) for shown, _ in clips for p in shown], [t for _, truth in clips for t in truth])
        rows.append(row | dict(rendered={name: ap.get(NAMES.index(name), (0, 0))[0] for name in (*BIN_NAMES, "tricycle", "stall")}))
    report.put("renderings", rows)


def ap50s(found, truths):
    found = average_precision(found, truths)
    return {NAMES[c]: found[c][0] for c in BINS if c in found}


def rare(report, given, detector, start, judge):
    """AP50 of rare classes, ours and the untouched network's, against what YOLOX-nano and NanoDet agree on in the photographs."""
    data, listed = pathlib.Path(given.shared) / "data", []
    for name in ("coco_bins_val.json", "coco_bins_train.json"):
        listed += read_coco(data / name, BIN_NAMES)
    pictures = load(listed) + load(amsterdam(data, "all", False))
    other, classes = NanoDet(pathlib.Path(given.shared) / "weights/nanodet_plus_m_640.onnx"), [NAMES.index(n) for n in RARE]
    kept, truths = [], []
    for p in pictures:
        truth = agreed(beside_bins(judge(p.pixels), p.labels), other(p.pixels), classes)
        if len(truth):
            kept.append(p), truths.append(truth)
    ours_ap, start_ap = (average_precision([beside_bins(net(p.pixels), p.labels) for p in kept], truths) for net in (detector, start))
    report.put("rare", {NAMES[c]: dict(boxes=int(sum((t[:, 0] == c).sum() for t in truths)), ours=ours_ap[c][0], start=start_ap.get(c, (0, 0))[0]) for c in classes if c in ours_ap})


def clean_streets(report, given, detector, limits, start, judge):
    """Alarms on streets with nothing to report, and how the kept classes fare there against the judge."""
    streets = street_clips(pathlib.Path(given.shared) / "data", given.vtest)
    found = {name: run(detector, shown) for name, shown in streets.items()}
    report.put("clean", {**{name: alarms(rows, limits, ALARMS) for name, rows in found.items()}, "all": alarms(sum(found.values(), []), limits, ALARMS)})
    few = {name: slice(0, None, max(1, len(shown) // FRAMES_JUDGED)) for name, shown in streets.items()}
    judged = {name: run(judge, shown[few[name]]) for name, shown in streets.items()}
    untouched = {name: run(start, shown[few[name]]) for name, shown in streets.items()}
    for name, rows in (("kept_ours", {clip: rows[few[clip]] for clip, rows in found.items()}), ("kept_start", untouched)):
        clips = {clip: kept_classes(rows[clip], judged[clip], limits) for clip in streets}
        report.put(name, {**clips, "all": kept_classes(sum(rows.values(), []), sum(judged.values(), []), limits)})


def of_scene(found, truths, limits):
    """What every rendered set is measured by; stalls at IoU LOOSE as well (choose.py says why)."""
    out = dict(frames=len(found), classes=per_class(found, truths, limits), false={NAMES[c]: false_boxes(found, truths, [c], limits) for c in ALARMS})
    if any((t[:, 0] == STALL).any() for t in truths):
        for key, iou_min in (("", 0.5), ("_loose", LOOSE)):
            out["stall" + key] = share(*recall_of(found, truths, [STALL], limits, STALL_MIN_PX, iou_min=iou_min, side=None))
            out["stall_false" + key] = false_boxes(found, truths, [STALL], limits, iou_min)
    return out


def rendered(report, given, detector, limits, start):
    clips = rendered_clips(5, layouts=HELD_OUT_LAYOUTS)
    pictures, truths = sum((shown for shown, _ in clips.values()), []), sum((t for _, t in clips.values()), [])
    untouched = average_precision(run(start, pictures), truths)
    report.put("held_out_clips", dict(of_scene(run(detector, pictures), truths, limits), clips=sorted(clips), start_ap50={n: untouched[NAMES.index(n)][0] for n in RARE if NAMES.index(n) in untouched}))
    for name, (pictures, truths) in {"demo_clip": demo_clip(CLIPS.parent, 5), **rendered_clips(5, names=("stall_day",))}.items():
        report.put(name, of_scene(run(detector, pictures), truths, limits))
    older = pathlib.Path(given.shared) / "scenes"
    if (older / "clip_day.json").exists():
        pictures, truths = older_clip(older)
        found = run(detector, pictures)
        report.put("older_clip", dict(of_scene(found, truths, limits), bins_loose=bins_merged(found, truths, limits, LOOSE)))


def small_bins(report, detector, limits):
    """Far bins of the held-out clips in a larger camera's picture: the whole picture shrunk to the input, and tiles of it."""
    clips = rendered_clips(5, layouts=HELD_OUT_LAYOUTS)
    pictures, truths = set_small(sum((shown for shown, _ in clips.values()), []), sum((t for _, t in clips.values()), []))
    for name, net in (("whole", detector), ("tiled", detector.tiled)):
        rows = [one_bin(r, limits) for r in run(net, pictures)]
        report.put(f"small_bins_{name}", dict(share(*recall_of(rows, [one_bin(t) for t in truths], BINS[:1], 0.0, *SMALL_PX)), pictures=len(pictures)))


def machine(report, given, detector, start, path):
    """The file against torch, its cost, and its smaller variants."""
    net, _ = read_onnx(path)
    pictures, _ = read(read_coco(pathlib.Path(given.shared) / "data/coco_bins_val.json", BIN_NAMES)[:1])
    canvas = letterbox(pictures[0])[0].transpose(2, 0, 1)[None].astype(np.float32)
    with torch.no_grad():
        there = Decoded(net)(torch.from_numpy(canvas)).numpy()
    here = detector.session.run(None, {"images": canvas})[0]
    report.put("parity", dict(box_px=float(np.abs(here[..., :4] - there[..., :4]).max()), probability=float(np.abs(here[..., 4:] - there[..., 4:]).max())))
    report.put("cost", cost(detector.session, start.session))
    report.put("variants", smaller(given, path, report.figures["bins_val"], detector))


def smaller(given, path, exact, detector):
    """Loss of AP50 on the photographs and CPU time of the FP16 and INT8 files, and whether each may ship."""
    data, out = pathlib.Path(given.shared) / "data", pathlib.Path(given.out)
    calibration, _ = read(read_coco(data / "coco_bins_train.json", BIN_NAMES)[::20])
    calibration += [p for _, p in frames(data / "videos/opendatacam_stuttgart_junction.mp4", 0, 300, 6)]
    pictures, truths = labelled(data / "coco_bins_val.json", BIN_NAMES)
    mean, result = float(np.mean([row["ap50"] for row in exact.values()])), {}
    for name, write in (("fp16", lambda to: write_fp16(path, to)), ("int8", lambda to: write_int8(path, to, calibration))):
        file = write(out / f"{path.stem}.{name}.onnx")
        other = Detector(file, NAMES)
        ap = average_precision(run(other, pictures), truths)
        loss = mean - float(np.mean([ap.get(NAMES.index(n), (0, 0))[0] for n in exact]))
        spent = cost(other.session, detector.session, 30)
        result[name] = dict(bytes=file.stat().st_size, ap50_loss=loss, time_ratio=spent["ratio"], ships=bool(loss <= VARIANT_LOSS_MAX and spent["ratio"] < 1))
    return result
