"""Scores of `gridwarden locate`: how far off positions are, and whether their stated 95 % radius and ellipse hold what they promise.

Truth is CSV with a header that has `lon,lat` (as `calibrate --points`: `u,v,lon,lat,height_metres`); located is the output of
`locate`, plain or --json, line by line for the same pixels. Errors are horizontal metres. Refused pixels have no error: their
share stands beside the others, so that refusing what is hard shows. An ellipse's bearing is degrees clockwise from north.
"""

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .event_files import metres
from .fault import BadInput, field, number, parsed, text
from .figure import Figure, bootstrapped, quantile, share


@dataclass(frozen=True)
class Located:
    lon: float
    lat: float
    error: float
    ellipse: tuple[float, float, float] | None  # semi-major, semi-minor, bearing of the major axis


def read_truth(path: Path) -> list[tuple[float, float]]:
    rows = list(csv.DictReader(text(path).splitlines()))
    if not rows or not {"lon", "lat"} <= set(rows[0]):
        raise BadInput(path, "header", ",".join(rows[0]) if rows else "no row", "lon and lat among the columns, and a row")
    return [
        (number(path, f"line {i}, lon", row["lon"], -180, 180), number(path, f"line {i}, lat", row["lat"], -90, 90))
        for i, row in enumerate(rows, 2)
    ]


def read_located(path: Path) -> list[Located | None]:
    """None where the pixel was refused."""
    return [one_of(path, f"line {i}", line) for i, line in enumerate(text(path).splitlines(), 1)]


def one_of(path: Path, where: str, line: str) -> Located | None:
    ellipse = None
    if line.startswith("{"):
        row: dict[str, Any] = parsed(f"{path}: {where}", line)
        if "refused" in row:
            return None
        values = [row.get(key) for key in ("lon_deg", "lat_deg", "error_metres")]
        if row.get("ellipse_95") is not None:
            axes = field(path, row, "ellipse_95", dict, where)
            major = number(path, f"{where}.semi_major_metres", axes.get("semi_major_metres"), 0)
            minor = number(path, f"{where}.semi_minor_metres", axes.get("semi_minor_metres"), 0, major)
            ellipse = (major, minor, number(path, f"{where}.bearing_deg", axes.get("bearing_deg"), 0, 360))
    else:
        cells = line.split(",")
        if cells[0] == "refused":
            return None
        if len(cells) < 5:
            raise BadInput(path, where, line, "lon,lat,height_metres,error_metres,code or refused,<reason>")
        values = [cells[0], cells[1], cells[3]]
    lon, lat = number(path, f"{where}, lon", values[0], -180, 180), number(path, f"{where}, lat", values[1], -90, 90)
    return Located(lon, lat, number(path, f"{where}, error_metres", values[2], 0), ellipse)


def inside(at: Located, truth: tuple[float, float]) -> bool:
    """Whether the true place lies in the ellipse about the stated one."""
    major, minor, bearing = at.ellipse or (0.0, 0.0, 0.0)
    east = math.copysign(metres((at.lon, at.lat), (truth[0], at.lat)), truth[0] - at.lon)
    north = math.copysign(metres((at.lon, at.lat), (at.lon, truth[1])), truth[1] - at.lat)
    sin, cos = math.sin(math.radians(bearing)), math.cos(math.radians(bearing))
    along, across = east * sin + north * cos, east * cos - north * sin
    return (along * minor) ** 2 + (across * major) ** 2 <= (major * minor) ** 2


def scored(truth: list[tuple[float, float]], located: list[Located | None]) -> list[Figure]:
    pairs = [(at, place) for at, place in zip(located, truth, strict=True) if at is not None]
    errors = np.array([metres((at.lon, at.lat), place) for at, place in pairs])
    shaped = [(at, place) for at, place in pairs if at.ellipse]
    return [
        bootstrapped("error median, metres", "positions", len(errors), lambda w: quantile(errors, w, 0.5)),
        bootstrapped("error p95, metres", "positions", len(errors), lambda w: quantile(errors, w, 0.95)),
        share("inside the stated 95 % radius", sum(error <= at.error for error, (at, _) in zip(errors, pairs)), len(pairs), "positions"),
        share("inside the stated 95 % ellipse", sum(inside(at, place) for at, place in shaped), len(shaped), "positions with an ellipse"),
        share("refused", len(truth) - len(pairs), len(truth), "pixels"),
    ]
