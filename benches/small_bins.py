"""Small bins: recall with and without tiles, on walls of rendered frames.

A wall is a picture of 1920x1080 px filled with frames of tests/scenes/clips, each shrunk, so that a camera with many pixels
sees many small bins at once. Truth is the clips' own. Bins of which 70 % shows count; found is a bin of either kind at IoU 0.5
and the manifest's threshold; one called both kinds counts once. Frames of one clip are far from independent, and a wall is no street: compare columns, not cities.

Run: python benches/small_bins.py [--program "cargo run --quiet --release --locked --"] [--model models/street-nano.toml]
(needs opencv-python-headless: .build/score/bin/python has it after `make eval`)
"""
import argparse, collections, json, pathlib, shlex, subprocess, tempfile
import cv2, numpy as np

ROOT = pathlib.Path(__file__).parent.parent
CLIPS = ["bin_day", "bin_overcast", "bin_full_overcast", "garbage_day", "quiet_day", "parasol_day"]
WALL, CELLS, BINS = (1920, 1080), (3, 4, 6), ("bin", "bin_overflowing")
TILES = {"whole frame": [], "tiles 960x576": ["--tile", "960x576"], "tiles 640x384": ["--tile", "640x384"], "tiles 480x288": ["--tile", "480x288"]}

def frames():
    """Pictures with their bins (box, share that shows), one every seven seconds of each clip in turn."""
    for name in CLIPS:
        truth = json.loads((ROOT / f"tests/scenes/clips/{name}.json").read_text())
        video, at = cv2.VideoCapture(str(ROOT / f"tests/scenes/clips/{name}.mp4")), 0
        while True:
            ok, picture = video.read()
            if not ok or at >= len(truth["frames"]):
                break
            if at % 35 == 0:
                bins = [o for o in truth["frames"][at]["objects"] if o["class"] in BINS and o["visible"]]
                yield picture, [(np.array(o["visible"], float), area(o["visible"]) / max(area(o["full"]), 1)) for o in bins]
            at += 1

def area(box):
    return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)

def iou(a, b):
    shared = max(min(a[2], b[2]) - max(a[0], b[0]), 0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    return shared / (area(a) + area(b) - shared)

def one_each(found):
    """Boxes best first; a bin that is called both kinds counts once."""
    kept = []
    for _, box in sorted(found, key=lambda f: -f[0]):
        if all(iou(box, other) < .5 for other in kept):
            kept.append(box)
    return kept

def walls(folder):
    """Path and bins of each wall."""
    source = list(frames())
    for cells in CELLS:
        width, height = WALL[0] // cells, WALL[1] // cells
        for start in range(0, len(source) - cells * cells + 1, cells * cells):
            wall, bins = np.zeros((WALL[1], WALL[0], 3), np.uint8), []
            for index, (picture, found) in enumerate(source[start:start + cells * cells]):
                x, y = index % cells * width, index // cells * height
                wall[y:y + height, x:x + width] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
                scale = width / picture.shape[1]
                bins += [(box * scale + [x, y, x, y], share) for box, share in found]
            path = folder / f"wall_{cells}_{start}.png"
            cv2.imwrite(str(path), wall)
            yield str(path), bins

def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    args.add_argument("--program", default="cargo run --quiet --release --locked --")
    args.add_argument("--model", default="models/street-nano.toml")
    args = args.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        truth = dict(walls(folder))
        heights = sorted(round(box[3] - box[1]) for bins in truth.values() for box, share in bins if share >= .7)
        print(f"{len(truth)} walls of {WALL[0]}x{WALL[1]} px, {len(heights)} bins, {heights[0]} to {heights[-1]} px high")
        print(f"{'':16}{'inferences':>12}{'  secs':>8}" + "".join(f"{name:>18}" for name in ("8-24 px", "24-48 px", "48 px on", "precision")))
        for name, options in TILES.items():
            out = folder / "found.json"
            command = [*shlex.split(args.program), "detect", "--model", args.model, "--providers", "cpu", "--json", "--out", str(out), *options, *truth]
            summary = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
            found = collections.defaultdict(list)
            for one in json.loads(out.read_text()):
                if one["category_name"] in BINS:
                    x, y, w, h = one["bbox"]
                    found[one["file_name"]].append((one["score"], np.array([x, y, x + w, y + h])))
            hits, counts, right, wrong = collections.Counter(), collections.Counter(), 0, 0
            for path, bins in truth.items():
                free = list(range(len(bins)))
                for box in one_each(found[path]):
                    best = max(free, key=lambda i: iou(bins[i][0], box), default=None)
                    if best is None or iou(bins[best][0], box) < .5:
                        wrong += 1
                        continue
                    free.remove(best)
                    right += 1
                for index, (box, share) in enumerate(bins):
                    if share >= .7:
                        size = sum(box[3] - box[1] >= limit for limit in (8, 24, 48))
                        counts[size] += 1
                        hits[size] += index not in free
            cells = [f"{hits[s]}/{counts[s]} = {hits[s] / max(counts[s], 1):.2f}" for s in (1, 2, 3)]
            cells.append(f"{right}/{right + wrong} = {right / max(right + wrong, 1):.2f}")
            print(f"{name:16}{summary['inferences']:>12}{summary['seconds']:>8.1f}" + "".join(f"{cell:>18}" for cell in cells))

if __name__ == "__main__":
    main()
