"""Our tracker against others on the same detections, one table: `benches/peers/run.sh SEQUENCES` (README.md beside this file).

In: folders in the layout of the MOT challenge (det/det.txt, gt/gt.txt, seqinfo.ini or a known rate), a gridwarden program. Out:
MOTA, IDF1 (motmetrics), HOTA (TrackEval), id switches, ms a frame. Scores go to every tracker as they stand in det.txt.
"""

import argparse
import contextlib
import io
import shlex
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from score.mot_files import read, read_seqinfo, rows
from score.tracks import library

from trackers_of_others import PEERS

# The TUD sequences come without seqinfo.ini; both were filmed at 25 frames a second.
FPS = {"TUD-Campus": 25.0, "TUD-Stadtmitte": 25.0}


def detections_of(path: Path) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    frames: dict[int, list[list[float]]] = {}
    for line in path.read_text().splitlines():
        cells = [float(cell) for cell in line.split(",")]
        frames.setdefault(int(cells[0]), []).append([*cells[2:4], cells[2] + cells[4], cells[3] + cells[5], cells[6]])
    return {frame: (np.array(found)[:, :4], np.array(found)[:, 4]) for frame, found in frames.items()}


def worsened(source: Path, drop: float, seed: int, out: Path) -> Path:
    """The same detections with a share of them dropped and boxes jittered by 3 %, for figures nobody tuned on."""
    random, lines = np.random.default_rng(seed), []
    for line in source.read_text().splitlines():
        cells = line.split(",")
        left, top, width, height = (float(cell) for cell in cells[2:6])
        moved = np.array([left, top, width, height]) + 0.03 * np.array([width, height] * 2) * random.normal(size=4)
        if random.random() >= drop:
            lines.append(",".join([*cells[:2], *(f"{value:.3f}" for value in moved), *cells[6:]]))
    out.write_text("\n".join(lines) + "\n")
    return out


def run_peer(make, fps: float | None, frames: dict, last: int, out: Path) -> float:
    """Writes MOT text; milliseconds a frame in the tracker's own code."""
    step, spent = make(fps), 0.0
    nothing = (np.empty((0, 4)), np.empty(0))
    with out.open("w") as file:
        for frame in range(1, last + 1):
            boxes, scores = frames.get(frame, nothing)
            begun = time.perf_counter()
            seen = step(boxes, scores)
            spent += time.perf_counter() - begun
            for identity, (x1, y1, x2, y2) in seen:
                if x2 > x1 and y2 > y1:
                    file.write(f"{frame},{identity},{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f},1,-1,-1,-1\n")
    return 1000 * spent / last


def run_ours(program: list[str], fps: float, detections: Path, last: int, out: Path) -> float:
    """Milliseconds a frame of the whole program: start, reading, tracking, writing."""
    begun = time.perf_counter()
    subprocess.run([*program, "track", "--fps", f"{fps:g}", str(detections), "--out", str(out)], check=True)
    return 1000 * (time.perf_counter() - begun) / last


def measured(folder: Path, program: list[str], scratch: Path, drop: float, seed: int) -> list[tuple[str, dict, float]]:
    truth, det, seqinfo = folder / "gt/gt.txt", folder / "det/det.txt", folder / "seqinfo.ini"
    last, fps = read_seqinfo(seqinfo) if seqinfo.exists() else (max(rows(truth, truth=True)), FPS[folder.name])
    if drop > 0:
        det = worsened(det, drop, seed, scratch / "det.txt")
    frames, out, table = detections_of(det), scratch / "tracks.txt", []

    def add(name: str, millis: float) -> None:
        figures, _ = library(read(truth, out))
        table.append((name, figures, millis))

    for name, (make, takes_fps) in PEERS.items():
        add(name, run_peer(make, None, frames, last, out))
        if takes_fps:
            add(f"{name}, {fps:g} fps", run_peer(make, fps, frames, last, out))
    add("gridwarden track", run_ours(program, fps, det, last, out))
    return table


def printed(name: str, table: list[tuple[str, dict, float]]) -> bool:
    """Whether the last row is at or above every other in MOTA and IDF1."""
    print(f"\n{name}\n\n| tracker | MOTA | IDF1 | HOTA | id switches | ms a frame |\n|---|---|---|---|---|---|")
    for tracker, f, millis in table:
        print(f"| {tracker} | {f['mota']:.3f} | {f['idf1']:.3f} | {f['hota']:.3f} | {f['num_switches']:.0f} | {millis:.3f} |")
    ours = table[-1][1]
    better = [f"{tracker} ({key.upper()})" for tracker, f, _ in table[:-1] for key in ("mota", "idf1") if f[key] > ours[key]]
    print("\nabove ours: " + (", ".join(better) or "none"))
    return not better


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default="cargo run --quiet --release --locked --no-default-features --")
    parser.add_argument("--drop", type=float, default=0.0, help="share of detections to drop (and 3 %% jitter): 0 is as they are")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("sequences", nargs="+", type=Path)
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    good = True
    with tempfile.TemporaryDirectory() as scratch:
        for folder in args.sequences:
            with contextlib.redirect_stdout(io.StringIO()) as said:
                table = measured(folder, shlex.split(args.program), Path(scratch), args.drop, args.seed)
            sys.stderr.write(said.getvalue())
            good &= printed(folder.name, table)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
