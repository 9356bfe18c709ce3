"""The loss: SimOTA on labels, and distillation of a teacher (the untouched start network) on everything else.

Hard pseudo-labels were tried before and degrade the kept classes. Here every candidate that no label claims is asked to say what the
teacher says at the same place: objectness (scaled down where the teacher sees a thing we do not keep), kept classes, box.
"""
import torch
import torch.nn.functional as F

from classes import BINS, SURE
from network import decode

BOX_WEIGHT = 5.0
CENTRE_RADIUS_CELLS = 2.5
MATCHES_MAX = 10
SURELY = 0.3  # objectness of the teacher that is believed where anything may stand


def overlaps(a, b):
    """Intersection areas [N,M] of boxes a [N,4] and b [M,4], with both areas."""
    low, high = torch.max(a[:, None, :2], b[None, :, :2]), torch.min(a[:, None, 2:], b[None, :, 2:])
    return (high - low).clamp(min=0).prod(-1), (a[:, 2:] - a[:, :2]).prod(-1), (b[:, 2:] - b[:, :2]).prod(-1)


def iou(a, b):
    shared, area_a, area_b = overlaps(a, b)
    return shared / (area_a[:, None] + area_b[None] - shared + 1e-7)


def iou_loss(boxes, wanted):
    low, high = torch.max(boxes[:, :2], wanted[:, :2]), torch.min(boxes[:, 2:], wanted[:, 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    union = (boxes[:, 2:] - boxes[:, :2]).prod(-1) + (wanted[:, 2:] - wanted[:, :2]).prod(-1) - shared
    return 1 - (shared / (union + 1e-7)) ** 2


def inside(points, boxes):
    """Which points [N,2] lie in any of the boxes [M,4]."""
    return ((points[:, None] > boxes[:, :2]) & (points[:, None] < boxes[:, 2:])).all(-1).any(1)


@torch.no_grad()
def assign(boxes, raw, labels, centres, strides):
    """SimOTA for one picture: candidates chosen, the label of each, and their IoU."""
    wanted = labels[:, 1:]
    middle = (wanted[:, :2] + wanted[:, 2:]) / 2
    within = ((centres[None] > wanted[:, None, :2]) & (centres[None] < wanted[:, None, 2:])).all(-1)
    near = ((centres[None] - middle[:, None]).abs() < CENTRE_RADIUS_CELLS * strides[None]).all(-1)
    chosen = (within | near).any(0).nonzero()[:, 0]
    if not len(chosen):
        return chosen, chosen, chosen.float()
    both, fit = (within & near)[:, chosen], iou(wanted, boxes[chosen])
    p = (raw[chosen, 5:].sigmoid() * raw[chosen, 4:5].sigmoid()).sqrt().clamp(1e-6, 1 - 1e-6)
    p_label = p[:, labels[:, 0].long()].t()
    cost = -torch.log1p(-p).sum(1)[None] + torch.log1p(-p_label) - p_label.log() - 3 * torch.log(fit + 1e-8) + 1e5 * (~both)
    counts = fit.topk(min(MATCHES_MAX, fit.shape[1]), 1)[0].sum(1).int().clamp(min=1)
    match = torch.zeros_like(cost, dtype=torch.bool)
    for row, count in enumerate(counts.tolist()):
        match[row, cost[row].topk(count, largest=False)[1]] = True
    torn = match.sum(0) > 1
    if torn.any():
        best = cost[:, torn].argmin(0)
        match[:, torn] = False
        match[best, torn.nonzero()[:, 0]] = True
    taken = match.any(0)
    which = match[:, taken].int().argmax(0)
    return chosen[taken], which, fit[which, taken.nonzero()[:, 0]]


@torch.no_grad()
def lesson(taught, roles, cells, strides, labels, absent):
    """What the teacher's raw output asks of us: objectness [B,A], kept class probabilities [B,A,K], boxes [B,A,4].

    Silent where a label already speaks, of classes known to be absent, and where a weak class lies on a labelled bin or pile.
    """
    boxes, classes = decode(taught, cells, strides), taught[..., 5:][..., roles.in_teacher].sigmoid()
    centres = (cells + 0.5) * strides
    for b, places in enumerate(absent):
        for place in places:
            classes[b] *= 1 - inside(centres, place[None, -4:])[:, None] * place[roles.kept]
    best, row = classes.max(-1)
    objectness = taught[..., 4].sigmoid() * (best / 0.5).clamp(max=1)
    sure = torch.isin(torch.tensor(roles.kept, device=row.device)[row], torch.tensor(SURE, device=row.device))
    for b, known in enumerate(labels):
        loud = (objectness[b] > 0.02).nonzero()[:, 0]
        if not len(known) or not len(loud):
            continue
        shared, mine, theirs = overlaps(boxes[b, loud], known[:, 1:])
        same = (shared / (mine[:, None] + theirs[None] - shared + 1e-7) > 0.5).any(1)
        bins = torch.isin(known[:, 0].long(), torch.tensor(BINS, device=row.device))
        confused = ((shared / (mine[:, None] + 1e-7) > 0.6) & bins[None]).any(1) & ~sure[b, loud]
        objectness[b, loud[same | confused]] = 0
    return objectness, classes, boxes


def street_loss(raw, taught, roles, labels, ignored, absent, cells, strides):
    """Returns the loss and its parts (label box, label class, objectness, teacher box, teacher class), each per positive."""
    boxes, centres = decode(raw, cells, strides), (cells + 0.5) * strides
    object_wanted, class_taught, box_taught = lesson(taught, roles, cells, strides, labels, absent)
    weight = object_wanted.clone()          # how much the teacher's class and box count
    counted = torch.ones_like(object_wanted)
    picture, candidate, wanted, wanted_class, fit = [], [], [], [], []
    for b, known in enumerate(labels):
        unsaid = inside(centres, ignored[b]) & (object_wanted[b] < SURELY)  # a half-seen lorry may be the bin that nobody labelled
        counted[b, unsaid], weight[b, unsaid] = 0, 0
        if not len(known):
            continue
        index, which, quality = assign(boxes[b].detach(), raw[b].detach(), known, centres, strides)
        object_wanted[b, index], counted[b, index], weight[b, index] = 1, 1, 0
        picture.append(torch.full_like(index, b)), candidate.append(index), fit.append(quality)
        wanted.append(known[which, 1:]), wanted_class.append(known[which, 0].long())
    weight = weight * (weight > 0.02)
    positives = object_wanted.sum().clamp(min=1)
    parts = [raw.sum() * 0, raw.sum() * 0]
    if picture:
        at = torch.cat(picture), torch.cat(candidate)
        target = F.one_hot(torch.cat(wanted_class), raw.shape[-1] - 5).float() * torch.cat(fit)[:, None]
        parts = [BOX_WEIGHT * iou_loss(boxes[at], torch.cat(wanted)).sum(), F.binary_cross_entropy_with_logits(raw[at][:, 5:], target, reduction="sum")]
    parts.append((F.binary_cross_entropy_with_logits(raw[..., 4], object_wanted, reduction="none") * counted).sum())
    at = weight.nonzero(as_tuple=True)
    heard, logits = weight[at], raw[at][:, 5:]
    parts.append(BOX_WEIGHT * (iou_loss(boxes[at], box_taught[at]) * heard).sum())
    kept = F.binary_cross_entropy_with_logits(logits[:, roles.kept], class_taught[at], reduction="none").sum(1)
    none = F.binary_cross_entropy_with_logits(logits[:, roles.taught], torch.zeros_like(logits[:, roles.taught]), reduction="none").sum(1)
    parts.append(((kept + none) * heard).sum())
    parts = [part / positives for part in parts]
    return sum(parts), [float(part.detach()) for part in parts]
