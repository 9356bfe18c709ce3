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
CLASS_WEIGHT = 2.0  # of the teacher's classes: at 1 a van or a cyclist kept its box and lost its class
QUIET_WEIGHT = 0.003  # of the teacher's classes where it sees nothing: keeps classes that hardly occur in our pictures


def overlaps(a, b):
    """Intersection areas [...,N,M] of boxes a [...,N,4] and b [...,M,4], with both areas."""
    low, high = torch.max(a[..., :, None, :2], b[..., None, :, :2]), torch.min(a[..., :, None, 2:], b[..., None, :, 2:])
    return (high - low).clamp(min=0).prod(-1), (a[..., 2:] - a[..., :2]).prod(-1), (b[..., 2:] - b[..., :2]).prod(-1)


def iou(a, b):
    shared, area_a, area_b = overlaps(a, b)
    return shared / (area_a[..., :, None] + area_b[..., None, :] - shared + 1e-7)


def iou_loss(boxes, wanted):
    low, high = torch.max(boxes[:, :2], wanted[:, :2]), torch.min(boxes[:, 2:], wanted[:, 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    union = (boxes[:, 2:] - boxes[:, :2]).prod(-1) + (wanted[:, 2:] - wanted[:, :2]).prod(-1) - shared
    return 1 - (shared / (union + 1e-7)) ** 2


def within(points, boxes):
    """Whether points [A,2] lie in boxes [B,N,4]: [B,N,A]. A padded box has no inside."""
    return ((points > boxes[:, :, None, :2]) & (points < boxes[:, :, None, 2:])).all(-1)


@torch.no_grad()
def assign(boxes, raw, labels, centres, strides):
    """SimOTA for a batch: for each candidate whether a label claims it [B,A], which one, and their IoU."""
    wanted, real = labels[..., 1:], (labels[..., 0] >= 0)[..., None]
    middle = (wanted[..., :2] + wanted[..., 2:]) / 2
    inside = within(centres, wanted) & real
    near = ((centres - middle[:, :, None]).abs() < CENTRE_RADIUS_CELLS * strides).all(-1) & real
    chosen = (inside | near).any(1, keepdim=True) & real
    fit = iou(wanted, boxes) * chosen
    p = (raw[..., 5:].sigmoid() * raw[..., 4:5].sigmoid()).sqrt().clamp(1e-6, 1 - 1e-6)
    p_label = p.transpose(1, 2).gather(1, labels[..., :1].long().clamp(min=0).expand(-1, -1, p.shape[1]))
    cost = -torch.log1p(-p).sum(-1)[:, None] + torch.log1p(-p_label) - p_label.log() - 3 * torch.log(fit + 1e-8) + 1e5 * ~(inside & near)
    cost = cost.masked_fill(~chosen, torch.inf)
    counts = fit.topk(MATCHES_MAX, -1)[0].sum(-1, keepdim=True).int().clamp(min=1)
    cheapest, order = cost.topk(MATCHES_MAX, -1, largest=False)
    good = (torch.arange(MATCHES_MAX, device=cost.device) < counts) & cheapest.isfinite()
    match = torch.zeros_like(chosen).scatter(2, order, good)
    torn, best = match.sum(1, keepdim=True) > 1, cost.argmin(1, keepdim=True)
    match = torch.where(torn, torch.zeros_like(match).scatter(1, best, True), match)
    which = match.int().argmax(1)
    return match.any(1), which, fit.gather(1, which[:, None])[:, 0]


@torch.no_grad()
def lesson(taught, roles, cells, strides, labels, absent):
    """What the teacher's raw output asks of us: objectness [B,A], kept class probabilities [B,A,K], boxes [B,A,4].

    Silent where a label already speaks, of classes known to be absent, and where a weak class lies on a labelled bin or pile.
    """
    boxes, classes = decode(taught, cells, strides), taught[..., 5:][..., roles.in_teacher].sigmoid()
    there = within((cells + 0.5) * strides, absent[..., -4:])
    for place in range(absent.shape[1]):
        classes *= 1 - there[:, place, :, None] * absent[:, place][:, None, roles.kept]
    best, row = classes.max(-1)
    objectness = taught[..., 4].sigmoid() * (best / 0.5).clamp(max=1)
    among = lambda values, some: torch.isin(values, torch.tensor(some, device=values.device))
    sure = among(torch.tensor(roles.kept, device=row.device)[row], SURE)
    shared, mine, theirs = overlaps(boxes, labels[..., 1:])
    same = (shared / (mine[..., None] + theirs[:, None] - shared + 1e-7) > 0.5).any(-1)
    confused = ((shared / (mine[..., None] + 1e-7) > 0.6) & among(labels[..., 0].long(), BINS)[:, None]).any(-1) & ~sure
    return objectness.masked_fill(same | confused, 0), classes, boxes


def street_loss(raw, taught, roles, labels, ignored, absent, cells, strides):
    """The loss, and its parts (label box, label class, objectness, teacher box, teacher class), each per positive.

    `labels` [B,N,5], `ignored` [B,M,4], `absent` [B,K,classes+4] are padded: class IGNORED, and boxes without area.
    """
    boxes, centres = decode(raw, cells, strides), (cells + 0.5) * strides
    object_wanted, class_taught, box_taught = lesson(taught, roles, cells, strides, labels, absent)
    # A half-seen lorry may be the bin that nobody labelled.
    unsaid = within(centres, ignored).any(1) & (object_wanted < SURELY)
    claimed, which, fit = assign(boxes.detach(), raw.detach(), labels, centres, strides)
    counted = claimed | ~unsaid
    weight = object_wanted * ~(unsaid | claimed)  # how much the teacher's class and box count
    weight = weight * (weight > 0.02)
    object_wanted = torch.where(claimed, 1.0, object_wanted)
    positives = object_wanted.sum().clamp(min=1)
    at = claimed.nonzero(as_tuple=True)
    mine = labels[at[0], which[at]]
    target = F.one_hot(mine[:, 0].long(), raw.shape[-1] - 5).float() * fit[at][:, None]
    label_parts = [BOX_WEIGHT * iou_loss(boxes[at], mine[:, 1:]).sum(), F.binary_cross_entropy_with_logits(raw[at][:, 5:], target, reduction="sum")]
    object_part = (F.binary_cross_entropy_with_logits(raw[..., 4], object_wanted, reduction="none") * counted).sum()
    at = weight.nonzero(as_tuple=True)
    heard, logits = weight[at], raw[at][:, 5:]
    box_part = BOX_WEIGHT * (iou_loss(boxes[at], box_taught[at]) * heard).sum()
    kept = F.binary_cross_entropy_with_logits(logits[:, roles.kept], class_taught[at], reduction="none").sum(1)
    none = F.binary_cross_entropy_with_logits(logits[:, roles.taught], torch.zeros_like(logits[:, roles.taught]), reduction="none").sum(1)
    quiet = QUIET_WEIGHT * ((weight == 0) & (object_wanted > 0) & ~claimed)
    rare = (F.binary_cross_entropy_with_logits(raw[..., 5:][..., roles.kept], class_taught, reduction="none").sum(-1) * quiet).sum()
    parts = torch.stack([*label_parts, object_part, box_part, CLASS_WEIGHT * ((kept + none) * heard).sum() + rare]) / positives
    return parts.sum(), parts.detach()
