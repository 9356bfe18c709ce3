# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies between a clean rendering and the stream: rain before the lens, lens and sensor, the burnt-in clock, camera faults.

All of it is done on pixels and depends on the random generator that is handed in, so a seed gives the same picture again.
"""
from datetime import datetime, timedelta

import cv2
import numpy as np

# Standard deviation from frame to frame, grey levels: what a camera's own noise filter leaves.
NOISE = {"day": .9, "overcast": 1.0, "dusk": 1.6, "night": 2.2, "rain": 1.3}
CLOCK_STARTS = {light: datetime(2026, 3, 2, hour) for light, hour in (("day", 8), ("overcast", 8), ("rain", 8), ("dusk", 18), ("night", 21))}


def sensor(image, rng, noise=2.2):
    """Vignette, lens softness, the sharpening halo of a camera's own processing, and noise (standard deviation in grey levels)."""
    image = image.astype(np.float32)
    h, w = image.shape[:2]
    y, x = np.mgrid[:h, :w]
    r2 = ((x - w / 2) / (w / 2)) ** 2 + ((y - h / 2) / (w / 2)) ** 2
    image *= (1 - .16 * r2)[..., None]
    image = cv2.GaussianBlur(image, (0, 0), .55)
    image = image + .45 * (image - cv2.GaussianBlur(image, (0, 0), 1.2))
    grain = rng.normal(0, noise, (h, w)).astype(np.float32)[..., None] + rng.normal(0, noise * .5, image.shape).astype(np.float32)
    return np.clip(image + grain, 0, 255).astype(np.uint8)


def rain(image, rng, drops=420):
    """Streaks of one exposure, slanted by the wind, and the haze of what falls farther away."""
    h, w = image.shape[:2]
    streaks = np.zeros((h, w), np.float32)
    for _ in range(drops):
        x, y, near = rng.uniform(-20, w + 20), rng.uniform(-20, h), rng.random() ** 2
        length = 6 + 22 * near
        cv2.line(streaks, (int(x), int(y)), (int(x + .12 * length), int(y + length)), .10 + .25 * near, 1, cv2.LINE_AA)
    streaks = cv2.GaussianBlur(streaks, (0, 0), .7)[..., None]
    haze = np.linspace(.14, .02, h, dtype=np.float32)[:, None, None]
    grey = np.array([190, 186, 180], np.float32)
    image = image * (1 - haze) + grey * haze
    return image * (1 - streaks) + grey * streaks


def clock(image, text):
    """Burns a clock's text into the upper left corner, as cameras do."""
    for colour, thick in (((20, 20, 20), 3), ((235, 235, 235), 1)):
        cv2.putText(image, text, (8, 18), cv2.FONT_HERSHEY_SIMPLEX, .45, colour, thick, cv2.LINE_AA)


def clock_text(secs, light):
    return (CLOCK_STARTS[light] + timedelta(seconds=int(secs))).strftime("%Y-%m-%d %H:%M:%S")


def cover(shape, rng, share):
    """A cloth or leaf before the lens: (opacity, colour) with about `share` of the frame hidden, from the left."""
    h, w = shape
    y, x = np.mgrid[:h, :w].astype(np.float32)
    wave = sum(rng.uniform(.02, .05) * np.sin(y / h * rng.uniform(3, 9) + rng.uniform(0, 6)) for _ in range(3))
    edge = (x / w - 1.12 * share - wave * (share < 1)) * 25
    opacity = 1 / (1 + np.exp(np.clip(edge, -50, 50)))
    folds = cv2.GaussianBlur(rng.normal(0, 1, (h // 8, w // 8)).astype(np.float32), (0, 0), 3)
    folds = cv2.resize(folds / (abs(folds).max() + 1e-6), (w, h), interpolation=cv2.INTER_CUBIC)
    return opacity[..., None], np.array([26, 30, 38], np.float32) * (1 + .35 * folds[..., None])


def motion(shape, shift_px, turn_deg):
    """The affine map of a camera knocked out of its place."""
    h, w = shape
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), turn_deg, 1)
    matrix[:, 2] += shift_px
    return matrix
