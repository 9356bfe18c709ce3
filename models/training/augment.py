"""Canvases to learn from: one picture, a 2x2 mosaic, or a 4x3 mosaic of small tiles (bins far away), all 640x384; then tilted,
with things pasted in, and spoilt by weather and camera.

The bin photographs are close-ups while a pole camera sees a bin 12-60 px high, hence the small tiles and the pasted things.
"""
import random

import cv2
import numpy as np
import torch

from classes import GREY, HEIGHT_PX, IGNORED, NAMES, VISIBLE_MIN, WIDTH_PX
from paste import paste, slivers
from weather import recolour, weather

VISIBLE_IGNORED, SIDE_MIN_PX = 0.05, 4.0
LAYOUTS, FAR = ((1, 1), (2, 2), (4, 3)), (4, 3)
NOT_FAR = ("stills", "clips")  # already seen from a pole: smaller still, nothing would be left of them
LAYOUT_SHARES, SETTLED_SHARES = (0.45, 0.37, 0.18), (0.72, 0.2, 0.08)
TILTED, PASTED = 0.3, 0.5  # shares of canvases
SETTLES = 0.8  # share of the run after which pictures come as they are: mostly single, upright, in fair weather
FAIR = 0.5  # share of canvases that are spared weather and tilt then
CLOSER = {"street": 2.5}  # frames of whole junctions are looked into more closely, or the teacher has little to say about them


def place(canvas, picture, tile, closer=1.0):
    """Pastes the picture, scaled, moved and perhaps flipped, into the tile; returns the labels it shows, the boxes to ignore, and its place."""
    left, top, right, bottom = tile
    height, width = picture.pixels.shape[:2]
    fits = (right - left) / width, (bottom - top) / height
    low, high = min(fits) * 0.8, max(min(fits) * 1.5, max(fits) * 1.15) * closer
    scale, stretch = np.exp(random.uniform(np.log(low), np.log(high))), np.exp(random.uniform(-0.2, 0.2))
    new_width, new_height = max(8, int(width * scale * stretch)), max(8, int(height * scale))
    mirrored, labels = random.random() < 0.5, picture.labels.copy()
    if mirrored:
        labels[:, [1, 3]] = width - labels[:, [3, 1]]
    slack_x, slack_y = right - left - new_width, bottom - top - new_height
    x = left + random.randint(min(0, slack_x), max(0, slack_x))
    y = top + random.randint(min(0, slack_y), max(0, slack_y))
    x0, y0, x1, y1 = max(left, x), max(top, y), min(right, x + new_width), min(bottom, y + new_height)
    # Only what will show is resized, a rounding off at its edges.
    columns, rows = (((x0 - x) / new_width, (x1 - x) / new_width), ((y0 - y) / new_height, (y1 - y) / new_height))
    columns = [round(width * c) for c in ((1 - columns[1], 1 - columns[0]) if mirrored else columns)]
    rows = [round(height * r) for r in rows]
    part = picture.pixels[min(rows[0], height - 1) : max(rows[1], rows[0] + 1), min(columns[0], width - 1) : max(columns[1], columns[0] + 1)]
    part = cv2.resize(part, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA if scale < 0.6 else cv2.INTER_LINEAR)
    canvas[y0:y1, x0:x1] = cv2.flip(part, 1) if mirrored else part
    labels[:, [1, 3]] = labels[:, [1, 3]] * (new_width / width) + x
    labels[:, [2, 4]] = labels[:, [2, 4]] * (new_height / height) + y
    whole = (labels[:, 3] - labels[:, 1]) * (labels[:, 4] - labels[:, 2])
    labels[:, [1, 3]], labels[:, [2, 4]] = labels[:, [1, 3]].clip(x0, x1), labels[:, [2, 4]].clip(y0, y1)
    sides = labels[:, 3:] - labels[:, 1:3]
    visible = sides.prod(1) / (whole + 1e-6)
    shown = (visible > VISIBLE_MIN) & (sides.min(1) >= SIDE_MIN_PX)
    shown &= (labels[:, 0] != IGNORED) & ~slivers(labels, x0, x1)
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
    """An endless stream of (pixels [H,W,3] uint8, the same before weather, labels [N,5], ignored [M,4], places where the teacher is not
    believed [K,classes+4]: 1 for each class, then left, top, right, bottom)."""

    def __init__(self, sources, seed):
        self.names, self.weights = zip(*((name, share) for name, share in sources.shares.items() if share > 0))
        self.sets, self.cutouts, self.seed = sources.sets, sources.cutouts, seed
        self.drawn = {name: np.cumsum(sources.repeats.get(name, np.ones(len(self.sets[name])))) for name in self.names}
        self.done = torch.zeros(1).share_memory_()  # share of the run, which the loop tells its workers

    def draw(self, layout):
        while True:
            name = random.choices(self.names, self.weights)[0]
            if layout != FAR or name not in NOT_FAR or set(self.names) <= set(NOT_FAR):
                return random.choices(self.sets[name], cum_weights=self.drawn[name])[0], CLOSER.get(name, 1.0) if layout != FAR else 1.0

    def canvas(self):
        canvas, shown, ignored, absent = np.full((HEIGHT_PX, WIDTH_PX, 3), GREY, np.uint8), [], [], []
        settled = self.done.item() > SETTLES
        fair = settled and random.random() < FAIR
        layout = random.choices(LAYOUTS, SETTLED_SHARES if settled else LAYOUT_SHARES)[0]
        for tile in tiles(*layout):
            picture, closer = self.draw(layout)
            labels, hidden, spot = place(canvas, picture, tile, closer)
            shown.append(labels), ignored.append(hidden)
            if picture.absent:
                absent.append([*np.isin(range(len(NAMES)), picture.absent), *spot])
        boxes = [np.concatenate(shown), np.concatenate(ignored), np.array(absent, np.float32).reshape(-1, len(NAMES) + 4)]
        if not fair and random.random() < TILTED:
            canvas, boxes = tilt(canvas, boxes)
            small = (boxes[0][:, 3:] - boxes[0][:, 1:3]).min(1, initial=1e9) < SIDE_MIN_PX
            boxes = [boxes[0][~small], np.concatenate([boxes[1], boxes[0][small][:, 1:]]), boxes[2]]
        if self.cutouts and random.random() < PASTED:
            boxes[:2] = paste(canvas, self.cutouts, *boxes[:2])
        canvas = recolour(canvas)
        return canvas if fair else weather(canvas), canvas, boxes

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        seed = self.seed + (worker.id if worker else 0)
        random.seed(seed), np.random.seed(seed % 2**32)
        cv2.setNumThreads(0)
        while True:
            seen, clean, boxes = self.canvas()
            yield seen, clean, *boxes


def padded(rows, first):
    """Rows of each picture as one array, short ones filled up: `first` in their first column, zeros else. At least one row each."""
    out = np.zeros((len(rows), max(1, *map(len, rows)), rows[0].shape[1]), np.float32)
    out[..., 0] = first
    for filled, some in zip(out, rows):
        filled[: len(some)] = some
    return torch.from_numpy(out)


def collate(batch):
    """Pixels as [B,3,H,W], laid out channels last: as OpenCV has them, and as the network wants them."""
    seen, clean, labels, ignored, absent = zip(*batch)
    seen, clean = (torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2) for pixels in (seen, clean))
    return seen, clean, padded(labels, IGNORED), padded(ignored, 0), padded(absent, 0)


def mirrored(pixels, boxes):
    """A batch seen in a mirror: pixels [B,3,H,W], and arrays whose last four columns are left, top, right, bottom."""
    out = []
    for rows in boxes:
        rows = rows.clone()
        rows[..., -4], rows[..., -2] = WIDTH_PX - rows[..., -2], WIDTH_PX - rows[..., -4]
        out.append(rows)
    return pixels.flip(-1), out
