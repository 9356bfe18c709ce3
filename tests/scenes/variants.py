# SPDX-License-Identifier: GPL-3.0-or-later
"""Composes verdict variants: short looks at one place, with the verdict an honest judge must reach.

    python variants.py --layers DIR --out DIR [--count 200] [--seed 1] [--secs 4]

A variant is (subject, there or not) x light x occluder x camera fault x noise seed. Out: DIR/<number>.mp4 (after),
before_<layout>_<light>_<subject>.mp4 (the subject there, nothing else wrong) and variants.json. Expected verdict: PRESENT or
CLEARED by the state; UNDETERMINABLE where a fault spoils the look, or something hides the place all the time.
"""
import argparse
import json
import os
import random
import sys
import time

import numpy as np

import clips
from compose import Fault, Part, Play, Stream
from layers import Library
from scripts import PLACES

# subject: (pattern's event, takes when there, takes when not, place)
SUBJECTS = {
    "stall": ("stall_set_up", ["stall/open", "vendor/serves"], [], "stall"),
    "bin": ("bin_overflows", ["bin_green/overflowing", "garbage/pile"], ["bin_green/closed"], "bin"),
    "garbage": ("garbage_left", ["dumped/left"], [], "dumped"),
    "car": ("car_parks", ["offender/stands"], [], "car"),
}
# Things that look a little like the subject, shown when it is not there.
LOOKALIKES = {"stall": ["parasol/closed", "courier/parked", "sheltered/waits"], "bin": ["bin_green/full"], "garbage": [], "car": ["courier/parked"]}
OCCLUDERS = {"none": [], "walker": ["walker_white/north", "walker_green/north", "walker_plum/south"], "traffic": ["bus/passes", "van_white/passes", "car_red/passes"],
             "person": ["customer_a/buys", "cleaner/works"], "lorry": ["lorry/stands"]}
# kind: (amount, whether the look is spoilt)
FAULTS = {None: (0, False), "covered": (.98, True), "moved": (110, True), "blurred": (7.0, True), "frozen": (0, True), "black": (0, True), "clock": (-7200, False)}
HIDDEN_SHARE_MIN = .6


def _parts(library, takes, rng, secs):
    """States from the start; a movement begins so that it is under way during the look."""
    out = []
    for take in takes:
        steps = len(library.take(take))
        shown = [n for n, layer in enumerate(library.take(take)) if layer]
        start = 0.0 if steps == 1 or not shown else secs / 2 - rng.choice(shown) / library.set["fps"]
        out.append(Part(take, round(start * 5) / 5))
    return out


def _place_mask(library, takes):
    mask = np.zeros(library.empty.shape[:2], bool)
    for take in takes:
        for layer in library.take(take):
            if layer:
                x1, y1, x2, y2 = layer.box
                mask[y1:y2, x1:x2] |= layer.ids > 0
    return mask


def _hidden(play, stream_secs, mask, own):
    """The least share of the place that other things hide over the look."""
    shares = []
    for t in np.arange(0, stream_secs, .4):
        _, numbers, _ = play.frame(t)
        shares.append((mask & (numbers > 0) & ~np.isin(numbers, own)).sum() / max(1, mask.sum()))
    return float(min(shares))


def make(number, seed, libraries, secs):
    """One variant: frames and its entry for the manifest."""
    rng = random.Random(f"variant {seed} {number}")
    choices = [(lib, s) for lib in libraries for s, (_, there, gone, _) in SUBJECTS.items() if all(_has(lib, t) for t in there + gone)]
    library, subject = rng.choice(choices)
    event, there, gone, place = SUBJECTS[subject]
    present = rng.random() < .5
    kind = rng.choice([None, None, *list(FAULTS)])
    occluder = rng.choice([k for k, takes in OCCLUDERS.items() if not takes or any(_has(library, t) for t in takes)])
    takes = list(there if present else gone)
    lookalike = None
    if not present and rng.random() < .4:
        lookalike = next((t for t in rng.sample(LOOKALIKES[subject], len(LOOKALIKES[subject])) if _has(library, t)), None)
        if lookalike:
            takes = [t for t in takes if t.split("/")[0] != lookalike.split("/")[0]] + [lookalike]
    hiding = [t for t in OCCLUDERS[occluder] if _has(library, t)]
    around = [t for t in ("bin_blue/closed", "parked_silver/stands", "bin_green/closed") if _has(library, t) and t.split("/")[0] not in {x.split("/")[0] for x in takes}]
    parts = _parts(library, takes + around + ([rng.choice(hiding)] if hiding else []), rng, secs)
    play = Play(library, parts)
    own = [n for key, n in play.numbers.items() if key.split(".")[0] in {t.split("/")[0] for t in takes}]
    hidden = _hidden(play, secs, _place_mask(library, there), own)
    amount, spoilt = FAULTS[kind]
    faults = (Fault(kind, -10.0 if kind in ("covered", "moved", "blurred", "clock") else 0.0, amount=amount),) if kind else ()
    stream = Stream(play, number, faults)
    frames = [stream.frame(n)[0] for n in range(round(secs * play.fps))]
    verdict = "UNDETERMINABLE" if spoilt or hidden > HIDDEN_SHARE_MIN else "PRESENT" if present else "CLEARED"
    entry = {"variant": number, "event": event, "layout": library.set["layout"], "light": library.set["light"], "present": present, "lookalike": lookalike,
             "occluder": occluder, "fault": kind, "hidden_share": round(hidden, 3), "expected": verdict, "before": f"before_{library.set['layout']}_{library.set['light']}_{subject}.mp4",
             "after": f"{number:04d}.mp4", **clips.placed({"at": PLACES[place]}, library.set["layout"] == "mirror")}
    return frames, entry, (library, subject)


def _has(library, take):
    return os.path.exists(f"{library.folder}/{take.replace('/', '.')}.npz")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--secs", type=float, default=4)
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    libraries = [Library(options.layers, layout, light) for layout in sorted(os.listdir(options.layers)) for light in sorted(os.listdir(f"{options.layers}/{layout}"))
                 if os.path.exists(f"{options.layers}/{layout}/{light}/empty.png")]
    entries, before = [], {}
    for number in range(options.count):
        frames, entry, (library, subject) = make(number, options.seed, libraries, options.secs)
        clips.encode(frames, f"{options.out}/{entry['after']}", library.set["fps"])
        entries.append(entry)
        before[entry["before"]] = (library, subject)
    for name, (library, subject) in before.items():
        stream = Stream(Play(library, [Part(t, 0.0) for t in SUBJECTS[subject][1]]), options.seed)
        clips.encode([stream.frame(n)[0] for n in range(round(options.secs * library.set["fps"]))], f"{options.out}/{name}", library.set["fps"])
    with open(f"{options.out}/variants.json", "w") as file:
        json.dump({"licence": "CC0-1.0", "seed": options.seed, "variants": entries}, file, indent=1)
    counts = {v: sum(e["expected"] == v for e in entries) for v in ("PRESENT", "CLEARED", "UNDETERMINABLE")}
    print(f"{len(entries)} variants, {counts}, {time.process_time():.0f} CPU s here", file=sys.stderr)


if __name__ == "__main__":
    main()
