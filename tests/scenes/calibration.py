# SPDX-License-Identifier: GPL-3.0-or-later
"""Plane homographies fitted to the rendered camera, as an engineer with a list of surveyed ground points would fit them.

The picture has lens distortion, a homography has none, so residuals remain: they are measured on points not used in the fit.
Pixels count centres (the centre of the top-left pixel is (0,0)); ground is east, north metres about the origin.
"""
from dataclasses import dataclass

import numpy as np

import truth
from furniture import PAVEMENT_METRES

# name: (height, x from, x to, y from, y to) of the ground of the canonical street that is surveyed and trusted
PLANES = {
    "pavement": (PAVEMENT_METRES, -4.9, -.1, 5.0, 30.0),
    "road": (0.0, 0.0, 7.0, 5.0, 30.0),
    "whole_street_at_pavement_height": (PAVEMENT_METRES, -4.9, 7.0, 5.0, 30.0),
}


def apply(h, points):
    p = np.c_[np.asarray(points, float), np.ones(len(points))] @ np.asarray(h).T
    return p[:, :2] / p[:, 2:]


def solve(pixels, ground, rounds=30):
    """Least squares in ground metres: direct linear transform on normalised points, reweighted by its own denominator."""
    def normaliser(p):
        centre, spread = p.mean(0), np.sqrt(2) / np.linalg.norm(p - p.mean(0), axis=1).mean()
        return np.array([[spread, 0, -spread * centre[0]], [0, spread, -spread * centre[1]], [0, 0, 1]])
    tp, tg = normaliser(pixels), normaliser(ground)
    p, g = np.c_[pixels, np.ones(len(pixels))] @ tp.T, apply(tg, ground)
    weight = np.ones(len(p))
    for _ in range(rounds):
        zero = np.zeros_like(p)
        rows = np.r_[np.c_[p, zero, -g[:, :1] * p] * weight[:, None], np.c_[zero, p, -g[:, 1:] * p] * weight[:, None]]
        h = np.linalg.svd(rows)[2][-1].reshape(3, 3)
        weight = 1 / np.abs(p @ h[2])
        weight /= weight.mean()
    h = np.linalg.inv(tg) @ h @ tp
    return h / h[2, 2]


@dataclass
class PlaneFit:
    height_metres: float
    ground_from_image: np.ndarray
    rms_metres: float
    max_metres: float
    hull_px: list
    points: int

    def as_json(self):
        return {"height_metres": self.height_metres, "ground_from_image": [[float(f"{v:.10g}") for v in row] for row in self.ground_from_image],
                "rms_error_metres": round(self.rms_metres, 4), "max_error_metres": round(self.max_metres, 4), "fit_points": self.points, "hull_px": self.hull_px}


def _seen(camera, x, y, z):
    """Ground points that fall into the frame, with their centre-convention pixels."""
    gx, gy = np.meshgrid(x, y)
    ground = np.c_[gx.ravel(), gy.ravel()]
    q = camera.project(np.c_[ground, np.full(len(ground), z)])
    inside = (q[:, 2] > 0) & (q[:, 0] >= 0) & (q[:, 0] <= camera.width) & (q[:, 1] >= 0) & (q[:, 1] <= camera.height)
    return truth.to_centre_px(q[inside, :2]), ground[inside]


def _hull(points):
    """Convex hull, counter-clockwise in x right / y up (monotone chain)."""
    points = sorted(map(tuple, points))
    def chain(order):
        out = []
        for p in order:
            while len(out) > 1 and (out[-1][0] - out[-2][0]) * (p[1] - out[-2][1]) - (out[-1][1] - out[-2][1]) * (p[0] - out[-2][0]) <= 0:
                out.pop()
            out.append(p)
        return out[:-1]
    return chain(points) + chain(points[::-1])


def _thinned(hull, slack_px):
    """Drops hull corners that the polygon does not miss by more than `slack_px`."""
    hull = [np.array(p) for p in hull]
    def off(i):
        a, b, c = hull[i - 1], hull[i], hull[(i + 1) % len(hull)]
        return abs(float(np.cross(c - a, b - a))) / np.linalg.norm(c - a)
    while len(hull) > 4:
        i = min(range(len(hull)), key=off)
        if off(i) > slack_px:
            break
        del hull[i]
    return [[round(float(v)) for v in p] for p in hull]


def fit(camera, plane):
    """`plane` as a value of PLANES."""
    z, x1, x2, y1, y2 = plane
    pixels, ground = _seen(camera, np.linspace(x1, x2, 9), np.linspace(y1, y2, 26), z)
    h = solve(pixels, ground)
    check_px, check = _seen(camera, np.linspace(x1, x2, 24)[1:-1], np.linspace(y1, y2, 63)[1:-1], z)
    error = np.linalg.norm(apply(h, check_px) - check, axis=1)
    outline, _ = _seen(camera, np.linspace(x1, x2, 60), np.linspace(y1, y2, 200), z)
    return PlaneFit(z, h, float(np.sqrt((error ** 2).mean())), float(error.max()), _thinned(_hull(outline), 1.5), len(pixels))


def as_toml(camera, plane):
    """The calibration file of the demonstration camera."""
    result = fit(camera, PLANES[plane])
    rows = ",\n  ".join("[" + ", ".join(f"{v:.10g}" for v in row) + "]" for row in result.ground_from_image)
    hull = ", ".join(f"[{u}, {v}]" for u, v in result.hull_px)
    return f"""\
# The camera of tests/scenes/street.mp4. The place is synthetic: a rendered street, put at a point in Pingshan;
# no real camera stands there. Written by tests/scenes/calibration.py from {result.points} ground points of the
# PAVEMENT plane ({result.height_metres} m above the road). Error on other points of the hull: rms below, worst {result.max_metres:.2f} m
# (lens distortion that a homography cannot hold). The road is not in the hull: its plane is in tests/scenes/street.json.
# Pixels count centres: the centre of the top-left pixel is (0,0).
datum = "CGCS2000"
surveyed_on = "2026-11-21"

[frame]
width_px = {camera.width}
height_px = {camera.height}

[homography]
ground_from_image = [
  {rows},
]
# 42.0 is an assumed ellipsoidal height of the pavement.
origin = {{ lon_deg = {truth.ORIGIN_LON_DEG}, lat_deg = {truth.ORIGIN_LAT_DEG}, height_metres = 42.0 }}
rms_error_metres = {result.rms_metres:.3f}
hull_px = [{hull}]
"""
