"""How often a picture is drawn: those in which the teacher sees a rare class come more often (repeat factors, as LVIS draws), and those
with a pile, the class that is learnt last.

Bicycles, lorries, dogs or chairs stand in a few per cent of our pictures. Drawn evenly, they fade from the network while it learns bins.
"""
import numpy as np
import torch

from classes import BINS, HEIGHT_PX, IGNORED, WIDTH_PX
from detect import letterbox
from loss import lesson
from network import grid

SEEN_MIN = 0.3  # score of the teacher that counts as a sighting
COMMON, REPEAT_MAX = 0.15, 5.0  # a class in this share of pictures needs no repeats; no picture is drawn this many times as often
PILED, PILE = 1.6, BINS[-1]  # a picture with a pile is drawn this many times as often
BATCH = 16


@torch.no_grad()
def sightings(pictures, teacher, roles, device):
    """[pictures, kept classes]: whether the teacher sees the class, other than on a labelled bin or pile."""
    cells, strides = (x.to(device) for x in grid(WIDTH_PX, HEIGHT_PX))
    found = []
    for first in range(0, len(pictures), BATCH):
        some = [letterbox(p.pixels) for p in pictures[first : first + BATCH]]
        pixels = torch.from_numpy(np.stack([canvas.transpose(2, 0, 1) for canvas, _ in some])).to(device).float()
        labels = torch.full((len(some), max(1, *(len(p.labels) for p in pictures[first : first + BATCH])), 5), 0.0)
        labels[..., 0] = IGNORED
        for filled, picture, (_, scale) in zip(labels, pictures[first : first + BATCH], some):
            filled[: len(picture.labels)] = torch.from_numpy(picture.labels * np.float32([1, scale, scale, scale, scale]))
        nowhere = torch.zeros(len(some), 1, len(roles.kept) + len(roles.taught) + 4, device=device)
        objectness, classes, _ = lesson(teacher(pixels.to(memory_format=torch.channels_last)).float(), roles, cells, strides, labels.to(device), nowhere)
        found.append((objectness[..., None] * classes).amax(1) > SEEN_MIN)
    return torch.cat(found).cpu().numpy()


def repeats(seen, pictures):
    """How many times as often as a plain picture each one is drawn: [pictures]."""
    share = seen.mean(0)
    factor = np.where(share > 0, np.sqrt(COMMON / np.maximum(share, 1e-6)), 1.0).clip(1.0, REPEAT_MAX)
    return np.maximum(np.where(seen, factor, 1.0).max(1), [PILED if (p.labels[:, 0] == PILE).any() else 1.0 for p in pictures])
