"""Runs an exported detector on pictures, the way the product does: letterbox, network, threshold, suppression of duplicates."""
import cv2
import numpy as np
import onnxruntime

from classes import GREY, HEIGHT_PX, NAMES, WIDTH_PX

SUPPRESS_IOU = 0.6
FLOOR = 0.05
CANDIDATES_MAX = 400


def letterbox(picture, size_px=(WIDTH_PX, HEIGHT_PX)):
    """The picture fitted into the top left of a grey canvas of (width, height), and the scale used."""
    height, width = picture.shape[:2]
    scale = min(size_px[0] / width, size_px[1] / height)
    canvas = np.full((size_px[1], size_px[0], 3), GREY, np.uint8)
    small = cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_LINEAR)
    canvas[: small.shape[0], : small.shape[1]] = small
    return canvas, scale


def iou(a, b):
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = (high - low).clip(0).prod(-1)
    return shared / ((a[:, 2:] - a[:, :2]).prod(-1)[:, None] + (b[:, 2:] - b[:, :2]).prod(-1)[None] - shared + 1e-9)


def suppress(boxes, scores, classes):
    """Greedy, within a class; indices of the boxes that stay, best first."""
    order = scores.argsort()[::-1][:CANDIDATES_MAX]
    close = (iou(boxes[order], boxes[order]) > SUPPRESS_IOU) & (classes[order][:, None] == classes[order][None])
    stay = np.ones(len(order), bool)
    for i in range(len(order)):
        if stay[i]:
            stay[i + 1 :] &= ~close[i, i + 1 :]
    return order[stay]


class Detector:
    """An exported file whose class outputs are `names`; those that are not ours are left out."""

    def __init__(self, path, names, threads=1, size_px=(WIDTH_PX, HEIGHT_PX)):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.size_px, self.rows = size_px, np.array([NAMES.index(name) if name in NAMES else -1 for name in names])

    def __call__(self, picture):
        """[N,6]: class, left, top, right, bottom (source pixels), score above FLOOR."""
        canvas, scale = letterbox(picture, self.size_px)
        rows = self.session.run(None, {"images": canvas.transpose(2, 0, 1)[None].astype(np.float32)})[0][0]
        scores = rows[:, 4:5] * rows[:, 5:] * (self.rows >= 0)
        candidate, which = np.nonzero(scores > FLOOR)
        value, centre, size = scores[candidate, which], rows[candidate, :2], rows[candidate, 2:4]
        boxes = np.concatenate([centre - size / 2, centre + size / 2], 1) / scale
        boxes[:, 0::2], boxes[:, 1::2] = boxes[:, 0::2].clip(0, picture.shape[1]), boxes[:, 1::2].clip(0, picture.shape[0])
        stay = suppress(boxes, value, which)
        return np.concatenate([self.rows[which[stay]][:, None], boxes[stay], value[stay][:, None]], 1)

    def tiled(self, picture, overlap=0.25):
        """The whole picture and full-resolution tiles of the input's size; a box cut by a tile's inner edge is left to its neighbour."""
        (width, height), (across, down) = picture.shape[1::-1], self.size_px
        found = [self(picture)]
        for top in starts(height, down, overlap):
            for left in starts(width, across, overlap):
                rows = self(picture[top : top + down, left : left + across])
                right, bottom = min(across, width - left), min(down, height - top)
                cut = ((rows[:, 1] < 2) & (left > 0)) | ((rows[:, 2] < 2) & (top > 0)) | ((rows[:, 3] > right - 2) & (left + right < width)) | ((rows[:, 4] > bottom - 2) & (top + bottom < height))
                found.append(rows[~cut] + np.array([0, left, top, left, top, 0]))
        rows = np.concatenate(found)
        return rows[suppress(rows[:, 1:5], rows[:, 5], rows[:, 0])]


def starts(length, tile, overlap):
    """Where tiles begin so that they cover `length` and overlap by at least that share."""
    if length <= tile:
        return [0]
    count = int(np.ceil((length - tile) / (tile * (1 - overlap)))) + 1
    return [round(i * (length - tile) / (count - 1)) for i in range(count)]


def match(found, truth, iou_min):
    """Greedy, best score first: for each found box (sorted by score) the index of its truth box, or -1."""
    result, free = np.full(len(found), -1), np.ones(len(truth), bool)
    if len(truth) and len(found):
        fit = iou(found[:, 1:5], truth[:, 1:5])
        for i in found[:, 5].argsort()[::-1]:
            best = np.where(free, fit[i], 0).argmax()
            if free[best] and fit[i, best] >= iou_min:
                result[i], free[best] = best, False
    return result
