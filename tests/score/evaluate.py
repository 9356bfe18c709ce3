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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from . import scenes, site
from .fault import BadInput, document, field, parsed, text
from .mot_files import read_seqinfo

REPOSITORY = Path(__file__).resolve().parents[2]
SCENES = REPOSITORY / "tests" / "scenes"
PATTERNS = REPOSITORY / "pipelines" / "patterns"
MANIFEST = REPOSITORY / "models" / "street-nano.toml"
PIPELINES = {"street": REPOSITORY / "pipelines" / "demo_street.toml"}  # drawn by hand; other clips get theirs from their truth
CALIBRATIONS = {"street": REPOSITORY / "calibration" / "demo_street.toml"}
SCORE_MIN = "0.01"  # AP needs the whole curve
FRAMES_EVERY = 5
BLOCKS_MIN = 20  # frames of one clip are alike
HELD_OUT = ("mirror", "junction")  # layouts of tests/scenes that no detector is trained on
# Real footage in which nothing happens that a pattern asks for: file, pixels, frames a second, frames.
UNEVENTFUL = (("bgslib_video03_road.avi", (320, 240), 214748359 / 3579125, 1699),)
UNEVENTFUL_FPS = 5.0  # as the rendered clips are looked at
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
        self.scored(
            "detections",
            name,
            data,
            ["--truth", str(truth), "--results", str(results), "--summary", str(summary), "--manifest", str(MANIFEST), *plots, *more],
        )

    def frames(self, clips: dict[str, Path], name: str, truth: dict[str, Any]) -> tuple[Path, Path]:
        """Decodes the clips and keeps the frames of the truth as pictures; returns the truth's path and the folder."""
        folder = self.out / f"{name}_frames"
        folder.mkdir(exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()
        for stem, clip in clips.items():
            wanted = {image["file_name"]: image for image in truth["images"] if image["file_name"].startswith(f"{stem}_")}
            size_px, number = next((image["width"], image["height"]) for image in wanted.values()), -1
            for number, frame in enumerate(self.decoded(clip, size_px)):
                if wanted.pop(scenes.frame_name(stem, number), None):
                    Image.frombytes("RGB", size_px, frame).save(folder / scenes.frame_name(stem, number), compress_level=1)
            if wanted:
                raise BadInput(clip, "frames", number + 1, f"more: the truth has {min(wanted)}")
        path = self.out / f"{name}.coco.json"
        path.write_text(json.dumps(truth), encoding="utf-8")
        return path, folder

    def replayed(self, pipeline: Path, clip: Path) -> tuple[Path, Path]:
        """Paths of the cases and of the summary."""
        found, summary = self.out / f"{clip.stem}.cases.jsonl", self.out / f"{clip.stem}.replay.json"
        words = ["replay", "--pipeline", str(pipeline), "--patterns", str(PATTERNS), "--source", str(clip), "--out", str(found)]
        summary.write_text(self.run([*self.program, *words]), encoding="utf-8")
        return found, summary

    def decoded(self, clip: Path, size_px: tuple[int, int]) -> Iterator[bytes]:
        """The clip's frames, RGB."""
        raw = f"video/x-raw,format=RGB,width={size_px[0]},height={size_px[1]}"
        decode = ["filesrc", f"location={clip}", "!", "decodebin", "!", "videoconvert", "!", raw, "!", "fdsink", "fd=1"]
        words = ["gst-launch-1.0", "-q", *decode]
        print("+ " + shown(words), file=sys.stderr, flush=True)
        row = (size_px[0] * 3 + 3) // 4 * 4  # rows begin at multiples of four bytes
        with subprocess.Popen(words, stdout=subprocess.PIPE) as running:
            assert running.stdout
            while frame := running.stdout.read(row * size_px[1]):
                yield b"".join(frame[y * row : y * row + size_px[0] * 3] for y in range(size_px[1]))
        if running.returncode != 0:
            raise Failed(f"{shown(words)} ended with code {running.returncode}")

    def clips(self) -> None:
        truths: list[Path] = []
        cases: list[Path] = []
        summaries: list[Path] = []
        for truth in sorted(SCENES.rglob("*.json")):
            body = document(truth)
            if "clip" not in body or "events" not in body:
                continue
            pipeline = PIPELINES.get(truth.stem) or site.write(truth, self.out, MANIFEST, PATTERNS)[0]
            clip = truth.parent / body["clip"]
            found, summary = self.replayed(pipeline, clip)
            truths, cases, summaries = [*truths, truth], [*cases, found], [*summaries, summary]
        for name, label, chosen in self.groups(truths):
            files = [[str(many[i]) for i in chosen] for many in (truths, cases, summaries)]
            self.scored("events", f"{name}_events", label, ["--truth", *files[0], "--cases", *files[1], "--summary", *files[2]])
            videos = {truths[i].stem: truths[i].parent / document(truths[i])["clip"] for i in chosen}
            boxes = scenes.merged([scenes.coco_of_clip(truths[i], FRAMES_EVERY) for i in chosen])
            path, folder = self.frames(videos, name, boxes)
            blocks = str(max(BLOCKS_MIN, 2 * len(chosen)))
            self.detections(f"{name}_frames", f"{label.split(',')[0]}, every {FRAMES_EVERY}th frame", path, folder, "--blocks", blocks)
        for truth in truths:
            if truth.stem in CALIBRATIONS:
                self.positions(truth, "shipped homography", CALIBRATIONS[truth.stem])
                self.positions(truth, "exact camera", site.write(truth, self.out, MANIFEST, PATTERNS)[1])

    def groups(self, truths: list[Path]) -> list[tuple[str, str, list[int]]]:
        """Name, label and clips: those with a pipeline drawn by hand one by one, the others by what detectors may have seen."""
        own = [(t.stem, f"rendered: {t.stem}, its own pipeline", [i]) for i, t in enumerate(truths) if t.stem in PIPELINES]
        rest = [i for i, t in enumerate(truths) if t.stem not in PIPELINES]
        unseen = [i for i in rest if document(truths[i]).get("layout") in HELD_OUT]
        seen = [i for i in rest if i not in unseen]
        sets = (("seen", seen, "of streets learnt from, most of these frames too"), ("unseen", unseen, f"of {' and '.join(HELD_OUT)}, held out of training"))
        return [*own, *((name, f"rendered: {len(some)} clips {which}, one rule for all", some) for name, some, which in sets if some)]

    def positions(self, truth: Path, how: str, calibration: Path) -> None:
        places = scenes.places_of_clip(truth)
        if not places:
            self.skip(f"positions of {truth.stem}: nothing ever stands on its pavement")
            return
        name = f"{truth.stem}_{how.split()[0]}"
        points, located = self.out / f"{name}.points.csv", self.out / f"{name}.located.jsonl"
        with points.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("u", "v", "lon", "lat"), *places])
        pixels = "".join(f"{u:.6f},{v:.6f}\n" for u, v, _, _ in places)
        located.write_text(self.run([*self.program, "locate", "--json", "--calibration", str(calibration)], stdin=pixels), encoding="utf-8")
        self.scored(
            "positions",
            f"{name}_positions",
            f"rendered: {truth.stem}, {how}, exact pixels on the pavement",
            ["--truth", str(points), "--located", str(located)],
        )

    def uneventful(self, clip: Path, size_px: tuple[int, int], fps: float, frames: int) -> None:
        """Every case on footage where nothing happens is a false one."""
        pipeline = site.write_uncalibrated(clip, size_px, UNEVENTFUL_FPS, self.out, MANIFEST, PATTERNS)
        truth = self.out / f"{clip.stem}.truth.json"
        truth.write_text(json.dumps({"fps": fps, "frames": frames, "events": []}), encoding="utf-8")
        found, summary = self.replayed(pipeline, clip)
        files = ["--truth", str(truth), "--cases", str(found), "--summary", str(summary), "--without-place"]
        self.scored("events", f"{clip.stem}_events", f"real footage without events: {clip.stem}", files)

    def counted(self, label: str, listing: Path, folder: Path) -> None:
        pictures = [folder / field(listing, row, "file_name", str, f"[{i}]") for i, row in enumerate(parsed(listing, text(listing)))]
        results, summary = self.out / f"{listing.stem}.results.json", self.out / f"{listing.stem}.detect.json"
        words = ["detect", "--model", str(MANIFEST), "--json", "--out", str(results), *map(str, pictures)]
        summary.write_text(self.run([*self.program, *words]), encoding="utf-8")
        self.scored("counts", f"{listing.stem}_counts", label, ["--results", str(results), "--summary", str(summary)])

    def shared(self, folder: Path) -> None:
        data = folder / "data"
        self.detections("bins", "photographs of bins: 382 not learnt from, thresholds chosen on them", data / "coco_bins_val.json", data)
        pets = data / "mot" / "PETS09-S2L1_first400"
        body = scenes.coco_of_mot(pets / "gt" / "gt.txt", read_seqinfo(pets / "seqinfo.ini")[0], 8, (768, 576), "pets")
        path, frames = self.frames({"pets": data / "videos" / "pets09_s2l1_f0-399.mp4"}, "pets", body)
        self.detections(
            "pets", "PETS09-S2L1, every 8th of frames 0-399, camera seen in training", path, frames, "--blocks", str(BLOCKS_MIN)
        )
        for name, size_px, fps, frames in UNEVENTFUL:
            self.uneventful(data / "videos" / name, size_px, fps, frames)
        self.counted("containers in Amsterdam: 70 photographs without labels, counted only", data / "amsterdam_unlabelled.json", data)
        for name, fps in TRACKED:
            sequence = data / "mot" / name
            tracks = self.out / f"{name}.txt"
            self.run([*self.program, "track", "--fps", f"{fps:g}", str(sequence / "det" / "det.txt"), "--out", str(tracks)])
            info = ["--seqinfo", str(sequence / "seqinfo.ini"), "--fps", f"{fps:g}"] if (sequence / "seqinfo.ini").exists() else []
            self.scored(
                "tracks", name, f"{name}, public detections", ["--truth", str(sequence / "gt" / "gt.txt"), "--tracks", str(tracks), *info]
            )


def everything(program: str, out: Path, score: Callable[[list[str]], int]) -> Evaluation:
    evaluation = Evaluation(program, out, score)
    evaluation.clips()
    folder = Path(os.environ.get("GRIDWARDEN_SHARED") or REPOSITORY.parent / "shared")
    if (folder / "data").is_dir():
        evaluation.shared(folder.resolve())
    else:
        evaluation.skip("photographs of bins, PETS09 and MOT sequences: $GRIDWARDEN_SHARED names no folder with data/")
    return evaluation
