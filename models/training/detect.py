"""Runs an exported detector on pictures, the way the product does: letterbox, network, threshold, suppression of duplicates."""
import cv2
import numpy as np
import onnxruntime

from classes import GREY, HEIGHT_PX, WIDTH_PX

SUPPRESS_IOU = 0.6
FLOOR = 0.05
CANDIDATES_MAX = 400


def letterbox(picture):
    """The picture fitted into the top left of a grey canvas, and the scale used."""
    height, width = picture.shape[:2]
    scale = min(WIDTH_PX / width, HEIGHT_PX / height)
    canvas = np.full((HEIGHT_PX, WIDTH_PX, 3), GREY, np.uint8)
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
    def __init__(self, path, names, threads=1):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        self.session, self.names = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"]), names

    def __call__(self, picture):
        """[N,6]: class, left, top, right, bottom (source pixels), score above FLOOR. Classes are ours by name."""
        from classes import NAMES
        canvas, scale = letterbox(picture)
        rows = self.session.run(None, {"images": canvas.transpose(2, 0, 1)[None].astype(np.float32)})[0][0]
        scores = rows[:, 4:5] * rows[:, 5:]
        candidate, which = np.nonzero(scores > FLOOR)
        value, centre, size = scores[candidate, which], rows[candidate, :2], rows[candidate, 2:4]
        boxes = np.concatenate([centre - size / 2, centre + size / 2], 1) / scale
        boxes[:, 0::2], boxes[:, 1::2] = boxes[:, 0::2].clip(0, picture.shape[1]), boxes[:, 1::2].clip(0, picture.shape[0])
        stay = suppress(boxes, value, which)
        ours = np.array([NAMES.index(name) for name in self.names])
        return np.concatenate([ours[which[stay]][:, None], boxes[stay], value[stay][:, None]], 1)


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
