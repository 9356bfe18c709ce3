"""Reader of MOT challenge text: `frame,id,left,top,width,height,confidence,...`, frames from 1, boxes in pixels.

Out: one `Sequence` with truth and tracks of each frame. Truth rows with confidence 0 are not to be scored and are left out.
Refused: an id twice in a frame, boxes without size or not finite, tracks beyond the truth's frames, other frame rates.
"""

import configparser
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .fault import BadInput, number, text, whole

Side = dict[int, tuple[list[int], list[list[float]]]]  # frame -> ids, boxes


@dataclass(frozen=True)
class Sequence:
    frames: int
    truth: Side
    tracks: Side

    def at(self, frame: int) -> tuple[list[int], list[int], np.ndarray]:
        """Ids of truth and tracks in a frame, and IoU of every pair."""
        (truth, truth_boxes), (tracks, track_boxes) = self.truth.get(frame, ([], [])), self.tracks.get(frame, ([], []))
        return truth, tracks, iou(np.reshape(truth_boxes, (-1, 4)), np.reshape(track_boxes, (-1, 4)))


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """[len(a), len(b)] of boxes x, y, width, height."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum((a[:, :2] + a[:, 2:])[:, None], (b[:, :2] + b[:, 2:])[None])
    common = (high - low).clip(0).prod(-1)
    return common / (a[:, 2:].prod(-1)[:, None] + b[:, 2:].prod(-1)[None] - common)


def rows(path: Path, truth: bool) -> Side:
    side: Side = {}
    for line, content in enumerate(text(path).splitlines(), 1):
        if not content.strip():
            continue
        cells = content.replace(",", " ").split()
        if len(cells) < 6:
            raise BadInput(path, f"line {line}", content, "frame,id,left,top,width,height[,confidence...]")
        frame, identity = whole(path, f"line {line}, frame", cells[0], 1), whole(path, f"line {line}, id", cells[1])
        place = [number(path, f"line {line}, {name}", cells[2 + i]) for i, name in enumerate(("left", "top"))]
        size = [number(path, f"line {line}, {name}", cells[4 + i], 0.0) for i, name in enumerate(("width", "height"))]
        if min(size) <= 0:
            raise BadInput(path, f"line {line}, width and height", f"{size[0]:g} x {size[1]:g}", "above 0")
        if truth and len(cells) > 6 and number(path, f"line {line}, confidence", cells[6]) == 0:
            continue
        ids, boxes = side.setdefault(frame, ([], []))
        if identity in ids:
            raise BadInput(path, f"line {line}, id", identity, f"once in frame {frame}")
        ids.append(identity)
        boxes.append([*place, *size])
    if not side:
        raise BadInput(path, "file", "no row to score", "at least one box")
    return side


def read(truth_path: Path, tracks_path: Path, seqinfo: Path | None = None, fps: float | None = None) -> Sequence:
    truth, tracks = rows(truth_path, truth=True), rows(tracks_path, truth=False)
    frames = max(truth)
    if seqinfo:
        length, rate = read_seqinfo(seqinfo)
        if length < frames:
            raise BadInput(truth_path, "frame", frames, f"1 to {length}, the seqLength of {seqinfo}")
        if fps is not None and abs(rate - fps) > 1e-6 * rate:
            raise BadInput(tracks_path, "frame rate (--fps)", fps, f"{rate:g}, the frameRate of {seqinfo}")
        frames = length
    if max(tracks) > frames:
        raise BadInput(tracks_path, "frame", max(tracks), f"1 to {frames}, the frames of {truth_path} (same clip, same frame rate?)")
    if not truth.keys() & tracks.keys():
        raise BadInput(truth_path, "frame", f"{min(truth)} to {max(truth)}", f"frames that {tracks_path} has too")
    return Sequence(frames, truth, tracks)


def read_seqinfo(path: Path) -> tuple[int, float]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text(path))
        section = parser["Sequence"]
    except (configparser.Error, KeyError) as error:
        raise BadInput(path, "INI", str(error), "[Sequence] with seqLength and frameRate") from error
    return whole(path, "seqLength", section.get("seqLength"), 1), number(path, "frameRate", section.get("frameRate"), 1e-6, 1000)
