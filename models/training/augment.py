"""Canvases to learn from: one picture, a 2x2 mosaic, or a 4x3 mosaic of small tiles (bins far away), all 640x384.

The bin photographs are close-ups while a pole camera sees a bin 12-60 px high, hence the small tiles.
"""
import random

import cv2
import numpy as np
import torch

from classes import GREY, HEIGHT_PX, IGNORED, WIDTH_PX

VISIBLE_MIN, VISIBLE_IGNORED, SIDE_MIN_PX = 0.35, 0.05, 4.0
LAYOUTS, FAR = ((1, 1), (2, 2), (4, 3)), (4, 3)
NOT_FAR = "stills"  # already seen from a pole: smaller still, nothing would be left of them
LAYOUT_SHARES = (0.4, 0.4, 0.2)


def recolour(canvas):
    """Random hue, saturation and brightness."""
    hue, saturation, value = np.random.uniform(-1, 1, 3) * (0.015, 0.6, 0.4) + 1
    ramp = np.arange(256, dtype=np.float32)
    h, s, v = cv2.split(cv2.cvtColor(canvas, cv2.COLOR_BGR2HSV))
    h = cv2.LUT(h, ((ramp * hue) % 180).astype(np.uint8))
    s, v = (cv2.LUT(c, np.clip(ramp * gain, 0, 255).astype(np.uint8)) for c, gain in ((s, saturation), (v, value)))
    return cv2.cvtColor(cv2.merge((h, s, v)), cv2.COLOR_HSV2BGR)


def place(canvas, picture, tile):
    """Pastes the picture, scaled, moved and perhaps flipped, into the tile; returns the labels it shows, the boxes to ignore, and its place."""
    left, top, right, bottom = tile
    height, width = picture.pixels.shape[:2]
    fits = (right - left) / width, (bottom - top) / height
    low, high = min(fits) * 0.8, max(min(fits) * 1.5, max(fits) * 1.15)
    scale, stretch = np.exp(random.uniform(np.log(low), np.log(high))), np.exp(random.uniform(-0.2, 0.2))
    new_width, new_height = max(8, int(width * scale * stretch)), max(8, int(height * scale))
    pixels = cv2.resize(picture.pixels, (new_width, new_height), interpolation=cv2.INTER_AREA if scale < 0.6 else cv2.INTER_LINEAR)
    labels = picture.labels.copy()
    if random.random() < 0.5:
        pixels = pixels[:, ::-1]
        labels[:, [1, 3]] = width - labels[:, [3, 1]]
    slack_x, slack_y = right - left - new_width, bottom - top - new_height
    x = left + random.randint(min(0, slack_x), max(0, slack_x))
    y = top + random.randint(min(0, slack_y), max(0, slack_y))
    x0, y0, x1, y1 = max(left, x), max(top, y), min(right, x + new_width), min(bottom, y + new_height)
    canvas[y0:y1, x0:x1] = pixels[y0 - y : y1 - y, x0 - x : x1 - x]
    labels[:, [1, 3]] = labels[:, [1, 3]] * (new_width / width) + x
    labels[:, [2, 4]] = labels[:, [2, 4]] * (new_height / height) + y
    whole = (labels[:, 3] - labels[:, 1]) * (labels[:, 4] - labels[:, 2])
    labels[:, [1, 3]], labels[:, [2, 4]] = labels[:, [1, 3]].clip(x0, x1), labels[:, [2, 4]].clip(y0, y1)
    sides = labels[:, 3:] - labels[:, 1:3]
    visible = sides.prod(1) / (whole + 1e-6)
    shown = (visible > VISIBLE_MIN) & (sides.min(1) >= SIDE_MIN_PX)
    shown &= labels[:, 0] != IGNORED
    return labels[shown], labels[~shown & (visible > VISIBLE_IGNORED), 1:], (x0, y0, x1, y1)


def tiles(columns, rows):
    """A grid with its inner lines moved at random."""
    lines = []
    for count, size in ((columns, WIDTH_PX), (rows, HEIGHT_PX)):
        wobble = 0.25 * size / count
        lines.append([0, *(int(size * i / count + random.uniform(-wobble, wobble)) for i in range(1, count)), size])
    return [(x0, y0, x1, y1) for x0, x1 in zip(lines[0], lines[0][1:]) for y0, y1 in zip(lines[1], lines[1][1:])]


class Canvases(torch.utils.data.IterableDataset):
    """An endless stream of (pixels [3,H,W] uint8, labels [N,5], ignored [M,4], places where the labels are complete [K,4])."""

    def __init__(self, sets, shares, seed):
        self.names, self.weights = zip(*((name, share) for name, share in shares.items() if share > 0))
        self.sets, self.seed = sets, seed

    def draw(self, layout):
        while True:
            name = random.choices(self.names, self.weights)[0]
            if layout != FAR or name != NOT_FAR:
                return random.choice(self.sets[name])

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        seed = self.seed + (worker.id if worker else 0)
        random.seed(seed), np.random.seed(seed % 2**32)
        cv2.setNumThreads(0)
        while True:
            canvas, shown, ignored, complete = np.full((HEIGHT_PX, WIDTH_PX, 3), GREY, np.uint8), [], [], []
            layout = random.choices(LAYOUTS, LAYOUT_SHARES)[0]
            for tile in tiles(*layout):
                picture = self.draw(layout)
                labels, hidden, spot = place(canvas, picture, tile)
                shown.append(labels), ignored.append(hidden), complete.append([spot] if picture.complete else [])
            boxes = [np.concatenate(shown), np.concatenate(ignored), np.array(sum(complete, []), np.float32).reshape(-1, 4)]
            yield recolour(canvas).transpose(2, 0, 1).copy(), *boxes


def collate(batch):
    pixels, *boxes = zip(*batch)
    return torch.from_numpy(np.stack(pixels)), *([torch.from_numpy(x).float() for x in kind] for kind in boxes)
