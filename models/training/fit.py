"""The training loop. Same script on CPU and CUDA; stops at any moment and resumes from its last checkpoint.

Stem and first stage are frozen until RELEASE of the way, then everything learns. What ships is the running average of the weights.
Pictures are read again at each start, so a resumed run takes up what was added meanwhile.
"""
import copy
import math
import pathlib
import random
import time

import numpy as np
import torch

from augment import Canvases, collate
from classes import HEIGHT_PX, WIDTH_PX
from loss import street_loss
from network import grid, student, teacher
from pictures import training_sets

BATCH, RATE, DECAY, WARM_UP_STEPS, CLIP, RELEASE = 16, 8e-4, 0.02, 60, 10.0, 0.7
AVERAGE, AVERAGE_RAMP_STEPS = 0.998, 150
SAVE_SECS, LOG_STEPS = 120, 25


def optimiser(net):
    """Weight decay only where it helps (not on biases and depthwise kernels); the prediction layers learn at twice the rate."""
    groups = {"dense": [], "plain": [], "out": []}
    for name, p in net.named_parameters():
        out = "class_out" in name or "object_out" in name
        groups["out" if out else "dense" if p.dim() > 1 and p.shape[1] > 1 else "plain"].append(p)
    return torch.optim.AdamW([dict(params=groups["dense"], weight_decay=DECAY, gain=1), dict(params=groups["plain"], weight_decay=0, gain=1), dict(params=groups["out"], weight_decay=0, gain=2)], lr=RATE)


def fit(shared, stills, out, pictures, seed):
    """Trains for `pictures` canvases and leaves `student.pt` in `out`."""
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(seed), random.seed(seed), np.random.seed(seed)
    start = teacher(pathlib.Path(shared) / "weights" / "yolox_nano_416.onnx").to(device, memory_format=torch.channels_last)
    net = student(start).to(device, memory_format=torch.channels_last).train()
    average, rule, seen, steps = copy.deepcopy(net), optimiser(net), 0, 0
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device, weights_only=True)
        net.load_state_dict(saved["net"]), average.load_state_dict(saved["average"]), rule.load_state_dict(saved["rule"])
        seen, steps = saved["seen"], saved["steps"]
    sets, shares = training_sets(shared, stills)
    print(f"{device}: " + ", ".join(f"{len(v)} {k}" for k, v in sets.items()) + f"; from canvas {seen} to {pictures}", flush=True)
    workers = 8 if device.type == "cuda" else 1
    stream = iter(torch.utils.data.DataLoader(Canvases(sets, shares, seed + seen), BATCH, num_workers=workers, collate_fn=collate, prefetch_factor=3))
    cells, strides = (x.to(device) for x in grid(WIDTH_PX, HEIGHT_PX))
    early = [p for part in (net.stem, net.stage2) for p in part.parameters()]
    losses, began, saved_at, counted = [], time.monotonic(), time.monotonic(), 0

    def save():
        state = dict(net=net.state_dict(), average=average.state_dict(), rule=rule.state_dict(), seen=seen, steps=steps)
        torch.save(state, checkpoint.with_suffix(".new"))
        checkpoint.with_suffix(".new").replace(checkpoint)

    while seen < pictures:
        pixels, *boxes = next(stream)
        x = pixels.to(device).float().to(memory_format=torch.channels_last)
        labels, ignored, complete = ([v.to(device) for v in kind] for kind in boxes)
        frozen, done = seen / pictures < RELEASE, seen / pictures
        for group in rule.param_groups:
            group["lr"] = RATE * group["gain"] * min(1, (steps + 1) / WARM_UP_STEPS) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))
        for p in early:
            p.requires_grad_(not frozen)
        with torch.autocast(device.type, torch.bfloat16):
            with torch.no_grad():
                shallow = start.early(x)
                taught = start.late(shallow)
            raw = net.late(shallow if frozen else net.early(x))  # while frozen, both networks start alike
        loss, parts = street_loss(raw.float(), taught.float(), labels, ignored, complete, cells, strides)
        rule.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for p in net.parameters() if p.grad is not None], CLIP)
        rule.step()
        steps, seen, counted = steps + 1, seen + len(x), counted + len(x)
        keep = AVERAGE * (1 - math.exp(-steps / AVERAGE_RAMP_STEPS))
        with torch.no_grad():
            for mean, now in zip(average.parameters(), net.parameters()):
                mean.lerp_(now, 1 - keep)
        losses.append([float(loss.detach()), *parts])
        if steps % LOG_STEPS == 0:
            rate = counted / (time.monotonic() - began)
            names = ("loss", "box", "class", "object", "taught box", "taught class")
            print(f"{seen}/{pictures} {100 * seen / pictures:.0f}% " + " ".join(f"{n} {v:.3f}" for n, v in zip(names, np.mean(losses, 0))) + f" | {rate:.1f}/s, {(pictures - seen) / rate / 60:.0f} min left", flush=True)
            losses.clear()
        if time.monotonic() - saved_at > SAVE_SECS:
            save()
            saved_at = time.monotonic()
    save()
    torch.save(average.state_dict(), out / "student.pt")
    print(f"wrote {out / 'student.pt'}")
