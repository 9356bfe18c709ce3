"""Writes the model card: prose from card.md, figures from figures.json, the recipe as it ran from run.json.

A `{name}` of card.md is one of the tables below. The targets beside the figures are those the project set itself.
"""
import json
import pathlib

TABLES = {}


def table(function):
    TABLES[function.__name__] = function
    return function


def two(value):
    return f"{value:.2f}".removeprefix("0") if 0 <= value < 1 else f"{value:.2f}"


def three(value):
    return f"{value:.3f}".removeprefix("0") if 0 <= value < 1 else f"{value:.3f}"


def rows(head, body):
    return "\n".join("| " + " | ".join(str(c) for c in line) + " |" for line in [head, ["---"] * len(head), *body])


def span(figure):
    return f"{two(figure['recall'])} ({two(max(0, figure['low']))}-{two(figure['high'])}), {figure['found']} of {figure['boxes']}"


def per_500(figure):
    return f"{figure['per_500']:.1f} ({figure['low']:.1f}-{figure['high']:.1f})"


def slashed(values):
    return " / ".join(three(v) for v in values.values())


def city(run):
    """What a run reaches on the photographs of Amsterdam that it has not learnt from."""
    return f"{three(run['city']['bin'])} / {three(run['city']['garbage_pile'])} ({run['city_pictures']} pictures)" if "city" in run else "-"


def classes(figures):
    return rows(["class", "boxes", "AP50", "AP", "recall", "precision"],
                [[name, f["boxes"], three(f["ap50"]), three(f["ap"]), two(f["recall"]), two(f["precision"])] for name, f in figures.items()])


@table
def thresholds(figures):
    return ", ".join(f"{name} {limit:g}" for name, limit in figures["model"]["limits"].items())


@table
def photographs(figures):
    body = [[name, f["boxes"], three(f["ap50"]), three(f["ap"]), two(f["recall"]), two(f["precision"])] for name, f in figures["bins_val"].items()]
    halves = [figures[f"bins_val_merged_half_{half}"] for half in (0, 1)]
    boldness = lambda f: f"recall {three(f['recall'])}, precision {three(f['precision'])}"
    mean = {key: sum(f[key] for f in halves) / 2 for key in ("recall", "precision")}
    return (rows(["class", "boxes", "AP50", "AP", "recall", "precision"], body) +
            f"\n\nbin and bin_overflowing as one: {boldness(figures['bins_val_merged'])}. With thresholds chosen on the other half of the photographs: " +
            "; ".join(f"{boldness(f)} ({f['boxes']} boxes)" for f in halves) + f"; mean of both: {boldness(mean)}.")


@table
def runs(figures):
    body, learnt = [], {"all": "all", "none": "none", "even": "every second", "odd": "every second"}
    for f in figures["runs"]:
        body.append([f["run"], f["seed"], f["canvases"], slashed(f["ap50"]), learnt[f["amsterdam"]], city(f), per_500(f["clean"])])
    whole = [f["ap50"] for f in figures["runs"] if f["amsterdam"] in ("all", "none")]
    mean = " / ".join(three(sum(ap[name] for ap in whole) / len(whole)) for name in whole[0])
    return rows(["run", "seed", "canvases", "photographs", "Amsterdam learnt", "Amsterdam unseen: bin / garbage_pile", "false per 500 frames of clean streets"], body) + f"\n\nMean of the {len(whole)} runs without a half of Amsterdam: {mean}."


@table
def renderings(figures):
    if "renderings" not in figures:
        return "Not measured: no pair of runs was given (`--pair`)."
    body = [[title, f["canvases"], slashed(f["ap50"]), city(f), per_500(f["clean"]), slashed(f["rendered"])] for title, f in zip(("with", "without"), figures["renderings"])]
    return rows(["renderings", "canvases", "photographs", "Amsterdam unseen: bin / garbage_pile", "false per 500 frames of clean streets", "held-out rendered clips: bin / bin_overflowing / garbage_pile / tricycle / stall"], body)


@table
def rare(figures):
    return rows(["class", "boxes", "ours", "YOLOX-nano untouched"], [[name, f["boxes"], three(f["ours"]), three(f["start"])] for name, f in figures["rare"].items()])


@table
def clean(figures):
    return rows(["clip", "frames", "boxes that are none", "per 500 frames (95 %)", "which"],
                [[name, f["frames"], f["count"], per_500(f), ", ".join(f"{c} {n}" for c, n in f["by_class"].items()) or "-"] for name, f in figures["clean"].items()])


@table
def kept(figures):
    ours, start, body = figures["kept_ours"], figures["kept_start"], []
    for clip in ours:
        for name, mine in ours[clip].items():
            theirs = start[clip][name]
            if mine["judged"] or mine["reported"] or theirs["reported"]:
                body.append([clip, name, mine["judged"], f"{two(mine['recall'])} / {two(mine['precision'])}", f"{two(theirs['recall'])} / {two(theirs['precision'])}"])
    return rows(["clip", "class", "judge's boxes", "ours: recall / precision", "YOLOX-nano untouched"], body)


def stalls(f):
    return (f"{span(f['stall'])}, {per_500(f['stall_false'])} false per 500 frames; at IoU 0.3 {span(f['stall_loose'])}, {per_500(f['stall_false_loose'])} false per 500 frames")


@table
def held_out(figures):
    clips = figures["held_out_clips"]
    stall = stalls(clips) if "stall" in clips else "no stall in them"
    start = ", ".join(f"{name} {three(value)}" for name, value in clips["start_ap50"].items())
    alarms = "; ".join(f"{name} {per_500(f)}" for name, f in clips["false"].items())
    return f"{', '.join(clips['clips'])}: {clips['frames']} frames.\n\n{classes(clips['classes'])}\n\nStalls of 40 px and more: {stall}. False boxes per 500 frames: {alarms}. AP50 of untouched YOLOX-nano: {start}."


@table
def seen_places(figures):
    body = []
    for name, title in (("demo_clip", "tests/scenes/street.mp4"), ("stall_day", "tests/scenes/clips/stall_day.mp4")):
        f = figures[name]
        body.append([title, stalls(f), *(f"{two(f['classes'][c]['recall'])} / {two(f['classes'][c]['precision'])}" if c in f["classes"] else "-" for c in ("bin", "bin_overflowing", "garbage_pile", "tricycle"))])
    return rows(["clip", "stalls found", "bin: recall / precision", "bin_overflowing", "garbage_pile", "tricycle"], body)


@table
def older(figures):
    if "older_clip" not in figures:
        return "Not measured: the clip was not there."
    f = figures["older_clip"]
    bins = f["bins_loose"]
    return f"stalls {stalls(f)}; bins at IoU 0.3: recall {two(bins['recall'])} precision {two(bins['precision'])} of {bins['boxes']}"


@table
def small(figures):
    return rows(["bins 24-48 px high", "recall (95 %)"], [[title, span(figures[f"small_bins_{name}"])] for name, title in (("whole", "whole picture at once (12-24 px in the input)"), ("tiled", "with tiles of 640x384, overlap a quarter"))])


@table
def machine(figures):
    cost, parity = figures["cost"], figures["parity"]
    body = [[name, f"{f['bytes'] / 1e6:.1f} MB", f"{100 * f['ap50_loss']:.1f} points", f"{f['time_ratio']:.2f}", "yes" if f["ships"] else "no"] for name, f in figures["variants"].items()]
    return (f"CPU time of one thread, both networks in turns: {cost['ours_ms']:.1f} ms against {cost['start_ms']:.1f} ms of YOLOX-nano at the same size, ratio {cost['ratio']:.2f}. "
            f"ONNX Runtime against torch: boxes within {parity['box_px']:.4f} px, probabilities within {parity['probability']:.6f}.\n\n" +
            rows(["variant", "size", "loss of AP50", "time against FP32", "loses little and is faster"], body))


@table
def recipe(run):
    pictures = ", ".join(f"{n} {name}" for name, n in run["pictures"].items())
    return f"Start: `{run['start']}`. Teacher: `{run['teacher']}` for {', '.join(run['kept'])}. {run['canvases']} canvases drawn from {pictures} and {run['cutouts']} cut-outs; AdamW {run['rate']:g}, seed {run['seed']}; first layers released at {100 * run['release']:.0f} %."


def write_card(out, manifest):
    figures, run = json.loads((out / "figures.json").read_text()), json.loads((out / "run.json").read_text())
    text = (pathlib.Path(__file__).parent / "card.md").read_text()
    for name, make in TABLES.items():
        text = text.replace("{" + name + "}", make(run if name == "recipe" else figures))
    path = manifest.with_suffix(".md")
    path.write_text(text)
    print(f"wrote {path}")
