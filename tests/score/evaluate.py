"""Everything that can be scored on this machine: runs the program on every data set that is here and scores what it writes.

In: the program, `tests/scenes` (rendered clips), and, where $GRIDWARDEN_SHARED names it, the folder with `data/`. Out: one score
JSON a run under `.build/eval`, and docs/scores.md. What is skipped is said on stderr and in the page. Fails when the program does.
"""
import csv
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import scenes
from .fault import BadInput, document
from .mot_files import read_seqinfo

REPOSITORY = Path(__file__).resolve().parents[2]
SCENES = REPOSITORY / "tests" / "scenes"
MANIFEST = REPOSITORY / "models" / "street-nano.toml"
PIPELINES = {"street": REPOSITORY / "pipelines" / "demo_street.toml"}  # of clips that bring none themselves
CALIBRATIONS = {"street": REPOSITORY / "calibration" / "demo_street.toml"}
SCORE_MIN = "0.01"  # AP needs the whole curve
FRAMES_EVERY = 5
BLOCKS = ("--blocks", "20")  # frames of one clip are alike
TRACKED = (("TUD-Campus", 25.0), ("TUD-Stadtmitte", 25.0), ("PETS09-S2L1_first400", 7.0))


class Failed(Exception):
    """The program, or a tool, ended with another code than 0."""


def shown(words: list[str]) -> str:
    return shlex.join(words if len(words) <= 16 else [*words[:16], f"... {len(words) - 16} more"])


class Evaluation:
    def __init__(self, program: str, out: Path, score: Callable[[list[str]], int]):
        self.program, self.out, self.score = shlex.split(program), out, score
        self.sheets: list[Path] = []
        self.skipped: list[str] = []
        out.mkdir(parents=True, exist_ok=True)

    def skip(self, what: str) -> None:
        print(f"skipped: {what}", file=sys.stderr)
        self.skipped.append(what)

    def run(self, words: list[str], stdin: str | None = None) -> str:
        print("+ " + shown(words), file=sys.stderr, flush=True)
        done = subprocess.run(words, cwd=REPOSITORY, input=stdin, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"{shown(words)} ended with code {done.returncode}")
        return done.stdout

    def scored(self, what: str, name: str, data: str, words: list[str]) -> None:
        sheet = self.out / f"{name}.json"
        if self.score([what, "--data", data, "--out", str(sheet), *words]) != 0:
            raise Failed(f"score {what} on {data}")
        self.sheets.append(sheet)

    def detections(self, name: str, data: str, truth: Path, folder: Path, *more: str) -> None:
        pictures = [str(folder / image["file_name"]) for image in document(truth)["images"]]
        results, summary = self.out / f"{name}.results.json", self.out / f"{name}.detect.json"
        words = ["detect", "--model", str(MANIFEST), "--score-min", SCORE_MIN, "--json", "--out", str(results), *pictures]
        summary.write_text(self.run([*self.program, *words]), encoding="utf-8")
        plots = ["--plots", str(self.out / f"{name}_plots")]
        self.scored("detections", name, data, ["--truth", str(truth), "--results", str(results), "--summary", str(summary), "--manifest", str(MANIFEST), *plots, *more])

    def frames(self, clip: Path, name: str, truth: dict[str, Any]) -> tuple[Path, Path]:
        """Decodes the clip into numbered pictures, keeps those of the truth; returns the truth's path and the folder."""
        folder = self.out / f"{name}_frames"
        folder.mkdir(exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()
        location = folder / f"{name}_%05d.png"
        self.run(["gst-launch-1.0", "-q", "filesrc", f"location={clip}", "!", "decodebin", "!", "videoconvert", "!", "pngenc", "compression-level=1", "!", "multifilesink", f"location={location}"])
        wanted = {image["file_name"] for image in truth["images"]}
        decoded = {path.name for path in folder.glob("*.png")}
        if wanted - decoded:
            raise BadInput(clip, "frames", len(decoded), f"frame {min(wanted - decoded)} that the truth has")
        for other in decoded - wanted:
            (folder / other).unlink()
        path = self.out / f"{name}.coco.json"
        path.write_text(json.dumps(truth), encoding="utf-8")
        return path, folder

    def clips(self) -> None:
        truths, cases, summaries = [], [], []
        for truth in sorted(SCENES.rglob("*.json")):
            body = document(truth)
            if "clip" not in body or "events" not in body:
                continue
            pipeline = next((p for p in (truth.with_suffix(".toml"), PIPELINES.get(truth.stem)) if p and p.exists()), None)
            if pipeline is None:
                self.skip(f"{truth.name}: no pipeline of its own ({truth.with_suffix('.toml').name})")
                continue
            clip = truth.parent / body["clip"]
            found, summary = self.out / f"{truth.stem}.cases.jsonl", self.out / f"{truth.stem}.replay.json"
            summary.write_text(self.run([*self.program, "replay", "--pipeline", str(pipeline), "--source", str(clip), "--out", str(found)]), encoding="utf-8")
            truths, cases, summaries = [*truths, str(truth)], [*cases, str(found)], [*summaries, str(summary)]
        label = f"rendered: {', '.join(Path(t).stem for t in truths)}" if len(truths) < 4 else f"rendered: {len(truths)} clips"
        self.scored("events", "events", label, ["--truth", *truths, "--cases", *cases, "--summary", *summaries])
        for truth in map(Path, truths):
            if isinstance(document(truth).get("frames"), list):
                body = scenes.coco_of_clip(truth, FRAMES_EVERY)
                path, folder = self.frames(truth.parent / document(truth)["clip"], truth.stem, body)
                self.detections(f"{truth.stem}_frames", f"rendered: {truth.stem}, every {FRAMES_EVERY}th frame", path, folder, *BLOCKS)
            if truth.stem in CALIBRATIONS:
                self.positions(truth)

    def positions(self, truth: Path) -> None:
        places = scenes.places_of_clip(truth)
        points, located = self.out / f"{truth.stem}.points.csv", self.out / f"{truth.stem}.located.jsonl"
        with points.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("u", "v", "lon", "lat"), *places])
        pixels = "".join(f"{u:.6f},{v:.6f}\n" for u, v, _, _ in places)
        located.write_text(self.run([*self.program, "locate", "--json", "--calibration", str(CALIBRATIONS[truth.stem])], stdin=pixels), encoding="utf-8")
        self.scored("positions", f"{truth.stem}_positions", f"rendered: {truth.stem}, exact pixels on the pavement", ["--truth", str(points), "--located", str(located)])

    def shared(self, folder: Path) -> None:
        data = folder / "data"
        self.detections("bins", "photographs of bins, held out (382)", data / "coco_bins_val.json", data)
        pets = data / "mot" / "PETS09-S2L1_first400"
        body = scenes.coco_of_mot(pets / "gt" / "gt.txt", read_seqinfo(pets / "seqinfo.ini")[0], 8, (768, 576), "pets")
        path, frames = self.frames(data / "videos" / "pets09_s2l1_f0-399.mp4", "pets", body)
        self.detections("pets", "PETS09-S2L1, every 8th of frames 0-399, camera seen in training", path, frames, *BLOCKS)
        for name, fps in TRACKED:
            sequence = data / "mot" / name
            tracks = self.out / f"{name}.txt"
            self.run([*self.program, "track", "--fps", f"{fps:g}", str(sequence / "det" / "det.txt"), "--out", str(tracks)])
            info = ["--seqinfo", str(sequence / "seqinfo.ini"), "--fps", f"{fps:g}"] if (sequence / "seqinfo.ini").exists() else []
            self.scored("tracks", name, f"{name}, public detections", ["--truth", str(sequence / "gt" / "gt.txt"), "--tracks", str(tracks), *info])


def everything(program: str, out: Path, score: Callable[[list[str]], int]) -> Evaluation:
    evaluation = Evaluation(program, out, score)
    evaluation.clips()
    folder = Path(os.environ.get("GRIDWARDEN_SHARED") or REPOSITORY.parent / "shared")
    if (folder / "data").is_dir():
        evaluation.shared(folder.resolve())
    else:
        evaluation.skip("photographs of bins, PETS09 and MOT sequences: $GRIDWARDEN_SHARED names no folder with data/")
    return evaluation
