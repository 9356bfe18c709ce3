"""What a pole camera does to a picture: darkness, rain, defocus, shake, noise, compression. Pixels only, boxes stay.

The teacher sees the canvas before this, so what it teaches about a bad picture is what it saw in the good one.
"""
import random

import cv2
import numpy as np


GREYED, TURNED, TURN = 0.05, 0.2, 30  # shares of canvases without colour (infrared), and in other colours; the latter's hues move by so much of 180


def recolour(canvas):
    """Random hue, saturation and brightness; now and then wholly other colours or none, or a city's bins are known by their paint."""
    hue, saturation, value = np.random.uniform(-1, 1, 3) * (0.015, 0.6, 0.4) + 1
    chance = random.random()
    turn = random.uniform(-TURN, TURN) if chance < TURNED else 0
    if chance > 1 - GREYED:
        saturation = 0
    ramp = np.arange(256, dtype=np.float32)
    h, s, v = cv2.split(cv2.cvtColor(canvas, cv2.COLOR_BGR2HSV))
    h = cv2.LUT(h, ((ramp * hue + turn) % 180).astype(np.uint8))
    s, v = (cv2.LUT(c, np.clip(ramp * gain, 0, 255).astype(np.uint8)) for c, gain in ((s, saturation), (v, value)))
    return cv2.cvtColor(cv2.merge((h, s, v)), cv2.COLOR_HSV2BGR)


def noise(canvas, deviation):
    """Grain of one shade a pixel, from one small sheet laid at a random place: fresh noise a pixel costs more than the training step."""
    sheet = np.random.normal(0, deviation, (canvas.shape[0] // 2 + 1, canvas.shape[1] // 2 + 1)).astype(np.float32)
    grain = cv2.resize(sheet, canvas.shape[1::-1], interpolation=random.choice((cv2.INTER_NEAREST, cv2.INTER_LINEAR)))
    return cv2.add(canvas, cv2.merge([grain] * 3), dtype=cv2.CV_8U)


def night(canvas):
    """Darker, yellow or blue, less colour, with grain."""
    gamma, tint = random.uniform(1.2, 2.5), random.choice(((0.75, 0.95, 1.1), (1.15, 1.0, 0.85), (1, 1, 1)))
    curve = (np.arange(256) / 255.0) ** gamma * 255 * random.uniform(0.7, 1.0)
    dark = cv2.merge([cv2.LUT(channel, np.clip(curve * gain, 0, 255).astype(np.uint8)) for channel, gain in zip(cv2.split(canvas), tint)])
    grey = cv2.cvtColor(cv2.cvtColor(dark, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    dark = cv2.addWeighted(dark, share := random.uniform(0.4, 1.0), grey, 1 - share, 0)
    return noise(dark, random.uniform(2, 10))


def rain(canvas):
    """Slanted streaks and haze."""
    height, width = canvas.shape[:2]
    streaks, slant = np.zeros((height, width), np.uint8), random.uniform(-0.25, 0.25)
    for _ in range(random.randint(150, 500)):
        x, y, length = random.uniform(-20, width + 20), random.uniform(-20, height), random.uniform(5, 26)
        cv2.line(streaks, (int(x), int(y)), (int(x + slant * length), int(y + length)), random.randint(20, 90), 1, cv2.LINE_AA)
    haze = random.uniform(0.02, 0.2)
    canvas = cv2.addWeighted(canvas, 1 - haze, np.full_like(canvas, 175), haze, 0)
    return cv2.add(canvas, cv2.merge([streaks] * 3))


def blur(canvas):
    """Out of focus, or shaken along a line."""
    if random.random() < 0.6:
        return cv2.GaussianBlur(canvas, (0, 0), random.uniform(0.5, 1.6))
    size, line = random.choice((3, 5, 7)), None
    line = np.zeros((size, size), np.float32)
    angle = random.uniform(0, np.pi)
    reach = size / 2 * np.array([np.cos(angle), np.sin(angle)])
    middle = np.array([size // 2, size // 2])
    cv2.line(line, tuple(int(v) for v in np.round(middle - reach)), tuple(int(v) for v in np.round(middle + reach)), 1.0, 1)
    return cv2.filter2D(canvas, -1, line / max(line.sum(), 1))


def compressed(canvas):
    """JPEG blocks, perhaps of a smaller picture that was blown up."""
    height, width = canvas.shape[:2]
    if random.random() < 0.3:
        scale = random.uniform(0.5, 0.9)
        canvas = cv2.resize(canvas, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, packed = cv2.imencode(".jpg", canvas, [cv2.IMWRITE_JPEG_QUALITY, random.randint(18, 70)])
    return cv2.resize(cv2.imdecode(packed, cv2.IMREAD_COLOR), (width, height), interpolation=cv2.INTER_LINEAR)


CHANCES = ((night, 0.15), (rain, 0.08), (blur, 0.15), (lambda canvas: noise(canvas, random.uniform(2, 8)), 0.15), (compressed, 0.3))


def weather(canvas):
    for change, chance in CHANCES:
        if random.random() < chance:
            canvas = change(canvas)
    return canvas
