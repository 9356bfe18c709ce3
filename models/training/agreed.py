"""Boxes of rare classes that two networks of other makers agree on: YOLOX-nano at 640x640 and NanoDet-Plus at 640x640.

There is no labelled picture of a dog, a chair or a parasol among ours, so what both see stands in for truth.
"""
import cv2
import numpy as np
import onnxruntime

from classes import COCO, NAMES
from detect import iou, suppress

SIZE_PX, STRIDES, BINS_A_SIDE = 640, (8, 16, 32, 64), 8
MEAN, STD = np.float32([103.53, 116.28, 123.675]), np.float32([57.375, 57.12, 58.395])
SURE, SAME = 0.4, 0.5  # score of both, and their overlap


class NanoDet:
    """NanoDet-Plus-m 640: output 80 class probabilities and 4 distances, each a distribution over 0..7 strides, for every cell."""

    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        self.rows = np.array([NAMES.index(name) if name in NAMES else -1 for name in COCO])
        centres = []
        for stride in STRIDES:
            side = -(-SIZE_PX // stride)
            y, x = np.mgrid[:side, :side]
            centres.append(np.stack([x.ravel() * stride, y.ravel() * stride, np.full(side * side, stride)], 1))
        self.centres = np.concatenate(centres).astype(np.float32)

    def __call__(self, picture):
        """[N,6] as detect.Detector gives, above SURE / 2."""
        scale = SIZE_PX / max(picture.shape[:2])
        canvas = np.zeros((SIZE_PX, SIZE_PX, 3), np.float32)
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)[:SIZE_PX, :SIZE_PX]
        canvas[: small.shape[0], : small.shape[1]] = (small - MEAN) / STD
        out = self.session.run(None, {self.input: canvas.transpose(2, 0, 1)[None]})[0][0]
        scores, spread = out[:, : len(COCO)] * (self.rows >= 0), out[:, len(COCO) :].reshape(-1, 4, BINS_A_SIDE)
        cell, which = np.nonzero(scores > SURE / 2)
        weights = np.exp(spread[cell] - spread[cell].max(-1, keepdims=True))
        reach = (weights / weights.sum(-1, keepdims=True) @ np.arange(BINS_A_SIDE)) * self.centres[cell, 2:]
        middle = self.centres[cell, :2]
        boxes = np.concatenate([middle - reach[:, :2], middle + reach[:, 2:]], 1) / scale
        value = scores[cell, which]
        stay = suppress(boxes, value, which)
        return np.concatenate([self.rows[which[stay]][:, None], boxes[stay], value[stay][:, None]], 1)


def agreed(one, other, classes):
    """[N,5] boxes of the classes that both see: those of `one`."""
    one, other = (rows[(rows[:, 5] >= SURE) & np.isin(rows[:, 0], classes)] for rows in (one, other))
    same = (iou(one[:, 1:5], other[:, 1:5]) > SAME) & (one[:, :1] == other[:, 0][None])
    return one[same.any(1)][:, :5].astype(np.float32)
