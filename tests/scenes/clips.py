# SPDX-License-Identifier: GPL-3.0-or-later
"""Composes the committed clips with their truth, and the manifest clips.json.

    python clips.py --layers DIR [--render] [--out tests/scenes/clips] [--only NAME ...] [--sheet FILE]

Out: <name>.mp4 (640 x 360, 5 frames a second, H.264 without B-frames, key frame every 4 s) and <name>.json (truth) in --out, and
clips.json beside that folder. `--render` first renders what is missing in DIR (library.py, hours of CPU from nothing). `--sheet`
writes six moments of each clip, with boxes, to look at. A dropped frame is a gap in the clip's time stamps.
"""
import argparse
import hashlib
import json
import os
import subprocess
import sys
import time

import cv2
import numpy as np

import scripts
from compose import Play, Stream
from layers import Library

HERE = os.path.dirname(os.path.abspath(__file__))
ORIGIN = {"lon_deg": 114.34, "lat_deg": 22.69, "datum": "CGCS2000"}
BYTES_A_SECOND_MAX = 12_000
KEY_FRAME_SECS = 4


def encode(frames, target, fps):
    """H.264 of the best quality within BYTES_A_SECOND_MAX; `frames` = pictures, None where one was dropped. Returns the rate factor."""
    present = [n for n, frame in enumerate(frames) if frame is not None]
    gaps = [n for n in range(len(frames)) if frames[n] is None]
    # Every frame is handed over, then the dropped ones are taken out, so that the others keep their time stamps.
    keep = "+".join(f"between(n,{a},{b})" for a, b in _spans(present)) if gaps else "1"
    h, w = frames[present[0]].shape[:2]
    raw = b"".join((frame if frame is not None else frames[present[0]]).tobytes() for frame in frames)
    bytes_max = BYTES_A_SECOND_MAX * len(frames) // fps

    def attempt(crf):
        subprocess.run(["ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{w}x{h}", "-framerate", str(fps), "-i", "-", "-vf", f"select='{keep}'",
                        "-vsync", "vfr", "-c:v", "libx264", "-preset", "slow", "-threads", "1", "-crf", str(crf), "-bf", "0", "-g", str(KEY_FRAME_SECS * fps),
                        "-keyint_min", str(KEY_FRAME_SECS * fps), "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-profile:v", "main", "-movflags", "+faststart",
                        "-fflags", "+bitexact", "-flags:v", "+bitexact", target], check=True, input=raw)
        return os.path.getsize(target) <= bytes_max
    good, bad = 40, 21
    while good - bad > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if attempt(middle) else (good, middle)
    if not attempt(good):
        raise SystemExit(f"{target} stays above {bytes_max} bytes")
    return good


def _spans(numbers):
    """Runs of consecutive numbers as (first, last)."""
    out = []
    for n in numbers:
        if out and out[-1][1] == n - 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return out


def lonlat(east, north):
    """Tangent plane on the CGCS2000 ellipsoid, as truth.lonlat (which needs Blender)."""
    a, e2, lat = 6378137.0, 0.00669438002290, np.radians(ORIGIN["lat_deg"])
    w = np.sqrt(1 - e2 * np.sin(lat) ** 2)
    return {"lon_deg": round(float(ORIGIN["lon_deg"] + np.degrees(east / (a / w * np.cos(lat)))), 8),
            "lat_deg": round(float(ORIGIN["lat_deg"] + np.degrees(north / (a * (1 - e2) / w ** 3))), 8)}


def placed(entry, mirrored):
    """An event with its canonical place turned into the layout's own."""
    x, y = entry["at"]
    east = 7 - x if mirrored else x
    return {**{k: v for k, v in entry.items() if k != "at"}, "enu_metres": [round(east, 3), y], **lonlat(east, y)}


def make(clip, layers_folder):
    """Pictures and truth of one clip."""
    library = Library(layers_folder, clip.layout, clip.light)
    script = scripts.Script(library, clip.secs, clip.seed)
    clip.script(script)
    play = Play(library, script.parts)
    stream = Stream(play, clip.seed, clip.faults)
    shots = [stream.frame(n) for n in range(round(clip.secs * play.fps))]
    mirrored = clip.layout == "mirror"
    truth = {
        "clip": f"{clip.name}.mp4", "sha256": None, "licence": "CC0-1.0", "layout": clip.layout, "light": clip.light, "seed": clip.seed, "fps": play.fps,
        "secs": clip.secs, "size_px": library.set["size_px"],
        "conventions": {"box": "x1 y1 x2 y2 in pixel edges; visible = what shows (null: hidden), full = unoccluded and unclipped",
                        "time": "t_secs is the stream's time, shows_secs the moment of the street that the frame shows", "place": "enu_metres of the foot point about the origin"},
        "origin": ORIGIN, "camera": library.set["camera"], "planes": library.set["planes"],
        "events": sorted((placed(e, mirrored) for e in script.events), key=lambda e: e["t_secs"]),
        "near_misses": [placed(e, mirrored) for e in script.near_misses],
        "faults": [{"fault": f.kind, "t_secs": f.start, "until_secs": min(f.until, clip.secs), "amount": f.amount} for f in clip.faults],
        "things": {str(number): key for key, number in play.numbers.items()},
        "frames": [shot[1] for shot in shots if shot]}
    return [shot[0] if shot else None for shot in shots], truth


def write(body, path):
    """JSON with one frame a line."""
    head = json.dumps({k: v for k, v in body.items() if k != "frames"}, indent=1)[:-2]
    frames = ",\n".join(json.dumps(f, separators=(",", ":")) for f in body["frames"])
    with open(path, "w") as file:
        file.write(f'{head},\n "frames": [\n{frames}\n ]\n}}\n')


def sheet(frames, truth, columns=3):
    """Six moments with the visible boxes."""
    picked, by_number = [], {f["frame"]: f for f in truth["frames"]}
    for n in np.linspace(0, len(frames) - 1, 6).astype(int):
        n = min(by_number, key=lambda k: abs(k - n))
        picture = frames[n].copy()
        for o in by_number[n]["objects"]:
            if o["visible"]:
                cv2.rectangle(picture, o["visible"][:2], o["visible"][2:], (0, 220, 0), 1)
        picked.append(picture)
    return np.vstack([np.hstack(picked[i:i + columns]) for i in range(0, 6, columns)])


def manifest(out):
    """Rewrites clips.json from the truth files that are there, in the order of the set."""
    entries = []
    for clip in scripts.CLIPS:
        path = f"{out}/{clip.name}.json"
        if os.path.exists(path):
            with open(path) as file:
                truth = json.load(file)
            entries.append({"file": f"clips/{clip.name}.mp4", "truth": f"clips/{clip.name}.json", "bytes": os.path.getsize(f"{out}/{clip.name}.mp4"),
                            **{k: truth[k] for k in ("sha256", "seed", "layout", "light", "secs", "fps")}, "frames": len(truth["frames"]),
                            "events": [e["event"] for e in truth["events"]], "near_misses": [e["near_miss"] for e in truth["near_misses"]],
                            "faults": [f["fault"] for f in truth["faults"]]})
    with open(f"{os.path.dirname(os.path.abspath(out))}/clips.json", "w") as file:
        json.dump({"licence": "CC0-1.0", "clips": entries}, file, indent=1)
        file.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", required=True)
    parser.add_argument("--render", action="store_true")
    parser.add_argument("--threads", type=int, default=2, help="of the renderer")
    parser.add_argument("--out", default=f"{HERE}/clips")
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--sheet")
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    chosen = [c for c in scripts.CLIPS if not options.only or c.name in options.only]
    if options.render:
        for layout, light in dict.fromkeys((c.layout, c.light) for c in chosen):
            takes = scripts.NEEDS[layout, light]
            subprocess.run([sys.executable, f"{HERE}/library.py", "--layout", layout, "--light", light, "--out", options.layers, "--threads", str(options.threads)] + (["--takes", *takes.split()] if takes else []), check=True)
    for clip in chosen:
        started = time.process_time()
        frames, truth = make(clip, options.layers)
        composed = time.process_time() - started
        path = f"{options.out}/{clip.name}"
        crf = encode(frames, f"{path}.mp4", truth["fps"])
        with open(f"{path}.mp4", "rb") as file:
            truth["sha256"] = hashlib.sha256(file.read()).hexdigest()
        write(truth, f"{path}.json")
        manifest(options.out)
        if options.sheet:
            cv2.imwrite(options.sheet.replace(".png", f"_{clip.name}.png"), sheet(frames, truth))
        print(f"{clip.name}: {len(truth['frames'])} frames, composed in {composed:.1f} CPU s, crf {crf}, {os.path.getsize(path + '.mp4')} bytes", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
