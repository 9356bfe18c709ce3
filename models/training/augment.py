"""Canvases to learn from: one picture, a 2x2 mosaic, or a 4x3 mosaic of small tiles (bins far away), all 640x384; then tilted,
with things pasted in, and spoilt by weather and camera.

The bin photographs are close-ups while a pole camera sees a bin 12-60 px high, hence the small tiles and the pasted things.
"""
import random

import cv2
import numpy as np
import torch

from classes import GREY, HEIGHT_PX, IGNORED, NAMES, WIDTH_PX
from paste import paste
from weather import recolour, weather

VISIBLE_MIN, VISIBLE_IGNORED, SIDE_MIN_PX = 0.35, 0.05, 4.0
LAYOUTS, FAR = ((1, 1), (2, 2), (4, 3)), (4, 3)
NOT_FAR = ("stills", "composed")  # already seen from a pole: smaller still, nothing would be left of them
LAYOUT_SHARES = (0.45, 0.37, 0.18)
TILTED, PASTED = 0.3, 0.45  # shares of canvases


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


def tilt(canvas, boxes):
    """The canvas seen by a camera that hangs otherwise: turned, squeezed and with another perspective. `boxes`: arrays whose last
    four columns are left, top, right, bottom; each becomes the box around its moved corners, cut to the canvas."""
    width, height = WIDTH_PX, HEIGHT_PX
    corners = np.float32([(0, 0), (width, 0), (width, height), (0, height)])
    turn, squeeze, lean = np.radians(random.uniform(-6, 6)), np.exp(random.uniform(-0.15, 0.15)), random.uniform(0, 0.16)
    moved = corners - (width / 2, height / 2)
    moved = moved @ np.float32([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) * (1, squeeze)
    moved[:2, 0] *= 1 - lean  # the far edge narrows
    matrix = cv2.getPerspectiveTransform(corners, np.float32(moved + (width / 2, height / 2) + np.random.uniform(-16, 16, (4, 2))))
    out = []
    for rows in boxes:
        rows = rows.copy()
        if len(rows):
            left, top, right, bottom = rows[:, -4:].T
            points = np.stack([(left, top), (right, top), (right, bottom), (left, bottom)]).transpose(2, 0, 1)
            points = cv2.perspectiveTransform(np.float32(points).reshape(-1, 1, 2), matrix).reshape(-1, 4, 2)
            # An upright thing stays within the box of its middle lines rather than of its corners.
            ends = np.stack([(points + np.roll(points, -1, 1)) / 2, points]).mean(0)
            rows[:, -4:-2], rows[:, -2:] = ends.min(1), ends.max(1)
            rows[:, [-4, -2]], rows[:, [-3, -1]] = rows[:, [-4, -2]].clip(0, width), rows[:, [-3, -1]].clip(0, height)
        out.append(rows)
    return cv2.warpPerspective(canvas, matrix, (width, height), borderValue=(GREY,) * 3), out


def tiles(columns, rows):
    """A grid with its inner lines moved at random."""
    lines = []
    for count, size in ((columns, WIDTH_PX), (rows, HEIGHT_PX)):
        wobble = 0.25 * size / count
        lines.append([0, *(int(size * i / count + random.uniform(-wobble, wobble)) for i in range(1, count)), size])
    return [(x0, y0, x1, y1) for x0, x1 in zip(lines[0], lines[0][1:]) for y0, y1 in zip(lines[1], lines[1][1:])]


class Canvases(torch.utils.data.IterableDataset):
    """An endless stream of (pixels [3,H,W] uint8, the same before weather, labels [N,5], ignored [M,4], places where the teacher is not
    believed [K,classes+4]: 1 for each class, then left, top, right, bottom)."""

    def __init__(self, sets, shares, cutouts, seed):
        self.names, self.weights = zip(*((name, share) for name, share in shares.items() if share > 0))
        self.sets, self.cutouts, self.seed = sets, cutouts, seed

    def draw(self, layout):
        while True:
            name = random.choices(self.names, self.weights)[0]
            if layout != FAR or name not in NOT_FAR or set(self.names) <= set(NOT_FAR):
                return random.choice(self.sets[name])

    def canvas(self):
        canvas, shown, ignored, absent = np.full((HEIGHT_PX, WIDTH_PX, 3), GREY, np.uint8), [], [], []
        layout = random.choices(LAYOUTS, LAYOUT_SHARES)[0]
        for tile in tiles(*layout):
            picture = self.draw(layout)
            labels, hidden, spot = place(canvas, picture, tile)
            shown.append(labels), ignored.append(hidden)
            if picture.absent:
                absent.append([*np.isin(range(len(NAMES)), picture.absent), *spot])
        boxes = [np.concatenate(shown), np.concatenate(ignored), np.array(absent, np.float32).reshape(-1, len(NAMES) + 4)]
        if random.random() < TILTED:
            canvas, boxes = tilt(canvas, boxes)
            small = (boxes[0][:, 3:] - boxes[0][:, 1:3]).min(1, initial=1e9) < SIDE_MIN_PX
            boxes = [boxes[0][~small], np.concatenate([boxes[1], boxes[0][small][:, 1:]]), boxes[2]]
        if self.cutouts and random.random() < PASTED:
            boxes[:2] = paste(canvas, self.cutouts, *boxes[:2])
        canvas = recolour(canvas)
        return weather(canvas), canvas, boxes

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        seed = self.seed + (worker.id if worker else 0)
        random.seed(seed), np.random.seed(seed % 2**32)
        cv2.setNumThreads(0)
        while True:
            seen, clean, boxes = self.canvas()
            yield *(pixels.transpose(2, 0, 1).copy() for pixels in (seen, clean)), *boxes


def collate(batch):
    seen, clean, *boxes = zip(*batch)
    return torch.from_numpy(np.stack(seen)), torch.from_numpy(np.stack(clean)), *([torch.from_numpy(x).float() for x in kind] for kind in boxes)
