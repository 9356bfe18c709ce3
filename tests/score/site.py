"""Calibration and pipeline for a rendered clip that brings none, out of its truth: the exact camera, two zones, short dwell times.

The clips squeeze into a minute what takes hours, so dwell times are short too, and stated here once for all clips; nothing is
tuned to a single one. A crowd is four who stand: of seven in a group a camera sees five, and seven also walk past;
a vehicle with somebody at it is being loaded. Zones: `pavement` is the hull of the truth's pavement, `no_parking` a stretch of the near lane.
Footage without a calibration gets the same rules on its whole frame, but for parking: what is allowed there nobody knows.
"""

from pathlib import Path
from typing import Any

import numpy as np

from .fault import document, field

GROUND_METRES = 42.0  # assumed ellipsoidal height of the road, as in calibration/demo_street.toml
NO_PARKING_METRES = ((-0.1, 8.5), (2.4, 8.5), (2.4, 20.0), (-0.1, 20.0))  # east, north; mirrored where the layout is
MIRROR_METRES = 7.0  # east of a mirrored layout is this less the east of the plain one
PATTERNS = {
    "roadside_stall": ("pavement", "dwell_secs = 8\ngap_secs_max = 4\nclear_secs = 8"),
    "bin_overflowing": ("pavement", "dwell_secs = 5\ngap_secs_max = 4\nclear_secs = 8"),
    "exposed_waste": ("pavement", "dwell_secs = 8\ngap_secs_max = 4\nclear_secs = 8"),
    "crowd": ("pavement", "count_min = 4\nstationary = true\ndwell_secs = 5\ngap_secs_max = 4\nclear_secs = 8"),
    "illegal_parking": ("no_parking", "person = \"absent\"\ndwell_secs = 15\ngap_secs_max = 4\nclear_secs = 8"),
}


def projected(camera: dict[str, Any], places: np.ndarray) -> np.ndarray:
    """East, north, up in metres [n, 3] -> pixel centres [n, 2] through the lens; nan behind the camera."""
    at = np.c_[places, np.ones(len(places))] @ np.linalg.inv(np.array(camera["world_from_camera"], float)).T
    depth = np.where(at[:, 2] < 0, -at[:, 2], np.nan)
    x, y = at[:, 0] / depth, -at[:, 1] / depth
    bent = 1 + camera["k1"] * (x * x + y * y) + camera["k2"] * (x * x + y * y) ** 2
    (cx, cy), focal = camera["centre_px"], camera["focal_px"]
    return np.c_[cx + focal * x * bent, cy + focal * y * bent]


def corners(points: Any) -> str:
    return "[" + ", ".join(f"[{u:.2f}, {v:.2f}]" for u, v in points) + "]"


def calibration(body: dict[str, Any]) -> str:
    camera, (width, height) = body["camera"], body["size_px"]
    right, up, back, at = np.array(camera["world_from_camera"], float)[:3].T
    rows = ", ".join("[" + ", ".join(f"{value:.9f}" for value in row) + "]" for row in (right, -up, -back))
    (cx, cy), focal = camera["centre_px"], camera["focal_px"]
    planes = "".join(
        f'\n[[camera.planes]]\nid = "{name}"\nheight_metres = {GROUND_METRES + plane["height_metres"]}\nhull_px = {corners(plane["hull_px"])}\n'
        for name, plane in sorted(body["planes"].items())
    )
    return (
        f'# Written by tests/score out of the truth of {body["clip"]}.\ndatum = "CGCS2000"\nsurveyed_on = "2026-01-01"\n\n'
        f"[frame]\nwidth_px = {width}\nheight_px = {height}\n\n"
        f"[camera]\nfx = {focal}\nfy = {focal}\ncx = {cx}\ncy = {cy}\ndistortion = [{camera['k1']}, {camera['k2']}]\nrotation = [{rows}]\n"
        f"position = {{ lon_deg = {camera['lon_deg']}, lat_deg = {camera['lat_deg']}, height_metres = {GROUND_METRES + at[2]:.3f} }}\n{planes}"
    )


def pipeline(body: dict[str, Any], manifest: Path, patterns: Path, calibration_path: Path, clip: Path) -> str:
    width, height = body["size_px"]
    ground = np.array([(MIRROR_METRES - e if body.get("layout") == "mirror" else e, n, 0.0) for e, n in NO_PARKING_METRES])
    lane = projected(body["camera"], ground)
    zones = {"pavement": body["planes"]["pavement"]["hull_px"]}
    if np.isfinite(lane).all():
        zones["no_parking"] = lane.clip(0, (width, height))
    return rules(clip, (width, height), zones, float(body["fps"]), manifest, patterns, f'calibration = "{calibration_path}"\n')


def rules(
    clip: Path, size_px: tuple[int, int], zones: dict[str, Any], fps: float, manifest: Path, patterns: Path, calibrated: str = ""
) -> str:
    """The pipeline: each pattern that the catalogue has, on its zone."""
    zone_text = "".join(f'\n[[zone]]\nid = "{name}"\npolygon_px = {corners(points)}\n' for name, points in zones.items())
    asked = {name: rule for name, rule in PATTERNS.items() if (patterns / f"{name}.toml").exists() and rule[0] in zones}
    pattern_text = "".join(f'\n[[pattern]]\nid = "{name}"\nzones = ["{zone}"]\n{rule}\n' for name, (zone, rule) in asked.items())
    return (
        f'# Written by tests/score.\n[camera]\nid = "{clip.stem}"\n{calibrated}\n[source]\nuri = "{clip}"\nanalysed_fps = {fps:g}\n\n'
        f'[frame]\nwidth_px = {size_px[0]}\nheight_px = {size_px[1]}\n\n[model]\nmanifest = "{manifest}"\n{zone_text}{pattern_text}'
    )


def write(truth: Path, folder: Path, manifest: Path, patterns: Path) -> tuple[Path, Path]:
    """Paths of the pipeline and of the calibration."""
    body = document(truth)
    for key, kind in (("camera", dict), ("planes", dict), ("size_px", list), ("clip", str)):
        field(truth, body, key, kind)
    made, ruled = folder / f"{truth.stem}.calibration.toml", folder / f"{truth.stem}.pipeline.toml"
    made.write_text(calibration(body), encoding="utf-8")
    ruled.write_text(pipeline(body, manifest, patterns, made, truth.parent / body["clip"]), encoding="utf-8")
    return ruled, made


def write_uncalibrated(clip: Path, size_px: tuple[int, int], fps: float, folder: Path, manifest: Path, patterns: Path) -> Path:
    """The pipeline of footage of which nothing is known but its size."""
    width, height = size_px
    zones = {"pavement": ((0, 0), (width, 0), (width, height), (0, height))}
    ruled = folder / f"{clip.stem}.pipeline.toml"
    ruled.write_text(rules(clip, size_px, zones, fps, manifest, patterns), encoding="utf-8")
    return ruled
