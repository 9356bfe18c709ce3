"""The training loop. Same script on CPU and CUDA; stops at any moment and resumes from its last checkpoint.

Stem and first stage are frozen for a while, then released at a tenth of the rate that rises slowly: released at once and at the full
rate they cost .02 of validation AP. What ships is the running average of the weights. Pictures are read again at each start, so a
resumed run takes up what was added meanwhile, and may be made longer or shorter; a checkpoint of another recipe is refused.
"""
import copy
import json
import math
import pathlib
import random
import time

import numpy as np
import torch

from augment import Canvases, collate, mirrored
from balance import repeats, sightings
from classes import HEIGHT_PX, NAMES, WIDTH_PX, Roles
from loss import street_loss
from network import grid, read_onnx, student
from refused import Refused

BATCH, BATCH_CUDA = 16, 64
RATE, DECAY, WARM_UP_STEPS, CLIP = 8e-4, 0.02, 60, 10.0
RELEASE, EARLY_GAIN, EARLY_RAMP = 0.75, 0.1, 0.15  # shares of the run, and of the rate
AVERAGE, AVERAGE_RAMP_STEPS = 0.998, 150
SAVE_SECS, LOG_STEPS = 120, 25


def optimiser(net):
    """Weight decay only where it helps (not on biases and depthwise kernels); the prediction layers learn at twice the rate."""
    groups = {"dense": [], "plain": [], "out": [], "early": []}
    for name, p in net.named_parameters():
        out, early = "class_out" in name or "object_out" in name, name.startswith(("stem.", "stage2."))
        groups["early" if early else "out" if out else "dense" if p.dim() > 1 and p.shape[1] > 1 else "plain"].append(p)
    return torch.optim.AdamW([dict(params=groups["dense"], weight_decay=DECAY, gain=1), dict(params=groups["plain"], weight_decay=0, gain=1),
                              dict(params=groups["out"], weight_decay=0, gain=2), dict(params=groups["early"], weight_decay=0, gain=0)], lr=RATE)


def early_gain(done):
    """The rate of the first layers, as a share of the others', at a share of the run."""
    return EARLY_GAIN * min(1, max(0, (done - RELEASE) / EARLY_RAMP))


def fit(sources, start_path, teacher_path, out, pictures, rate, seed, minutes=None, workers=1, **told):
    """Trains for `pictures` canvases, or `minutes` from now if they are over first, and leaves `student.pt` and `run.json` in `out`.
    With `minutes` the rate falls by the clock: a busy machine gives a shorter run that is still brought to its end. `told`: what else
    run.json shall say."""
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(seed), random.seed(seed), np.random.seed(seed)
    (start, start_names), (teacher, teacher_names) = read_onnx(start_path), read_onnx(teacher_path)
    roles = Roles(teacher_names)
    teacher = teacher.to(device, memory_format=torch.channels_last).requires_grad_(False)
    net = student(start, start_names).to(device, memory_format=torch.channels_last).train()
    average, rule, seen, steps = copy.deepcopy(net), optimiser(net), 0, 0
    recipe = dict(start=pathlib.Path(start_path).name, teacher=pathlib.Path(teacher_path).name, kept=[NAMES[i] for i in roles.kept], rate=rate, seed=seed)
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device, weights_only=True)
        if saved.get("recipe") != recipe:
            raise Refused(checkpoint, "recipe", saved.get("recipe"), f"{recipe}; choose another --out to start anew")
        net.load_state_dict(saved["net"]), average.load_state_dict(saved["average"]), rule.load_state_dict(saved["rule"])
        seen, steps = saved["seen"], saved["steps"]
    counts = {name: len(items) for name, items in sources.sets.items()}
    print(f"{device}: " + ", ".join(f"{n} {name}" for name, n in counts.items()) + f", {sum(map(len, sources.cutouts.values()))} cut-outs; from canvas {seen} to {pictures}", flush=True)
    cuda = device.type == "cuda"
    halves = cuda or torch.cpu._is_avx512_bf16_supported()  # emulated it takes ten times as long as float32
    sources.repeats = {name: repeats(sightings(items, teacher, roles, device), items) for name, items in sources.sets.items() if items and not all(p.absent for p in items)}
    canvases = Canvases(sources, 1000 * seed + seen)
    stream = iter(torch.utils.data.DataLoader(canvases, BATCH_CUDA if cuda else BATCH, num_workers=workers, collate_fn=collate, prefetch_factor=3, pin_memory=cuda))
    cells, strides = (x.to(device) for x in grid(WIDTH_PX, HEIGHT_PX))
    losses, began, saved_at, counted = [], time.monotonic(), time.monotonic(), 0

    def save():
        state = dict(net=net.state_dict(), average=average.state_dict(), rule=rule.state_dict(), seen=seen, steps=steps, recipe=recipe)
        torch.save(state, checkpoint.with_suffix(".new"))
        checkpoint.with_suffix(".new").replace(checkpoint)

    def learn(x, clean, boxes, done):
        """One step; returns the loss and its parts."""
        for group in rule.param_groups:
            group["lr"] = rate * (group["gain"] or early_gain(done)) * min(1, (steps + 1) / WARM_UP_STEPS) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))
        with torch.autocast(device.type, torch.bfloat16, enabled=halves):
            with torch.no_grad():
                taught = teacher(clean)
            with torch.set_grad_enabled(early_gain(done) > 0):
                shallow = net.early(x)
            raw = net.late(shallow)
        loss, parts = street_loss(raw.float(), taught.float(), roles, *boxes, cells, strides)
        rule.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for p in net.parameters() if p.grad is not None], CLIP)
        rule.step()
        keep = AVERAGE * (1 - math.exp(-(steps + 1) / AVERAGE_RAMP_STEPS))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(net.parameters()), 1 - keep)
        return torch.stack([loss.detach(), *parts])

    done = first = seen / pictures
    while done < 1:
        canvases.done.fill_(done)
        x, clean, *boxes = (t.to(device, non_blocking=True) for t in next(stream))
        x, clean = (p.float().to(memory_format=torch.channels_last) for p in (x, clean))
        losses.append(learn(x, clean, boxes, done))
        steps, seen, counted = steps + 1, seen + len(x), counted + len(x)
        if cuda:  # it waits for canvases, so each is learnt from twice
            (x, turned), (clean, _) = mirrored(x, boxes), mirrored(clean, [])
            losses.append(learn(x, clean, turned, done))
            steps += 1
        done = max(seen / pictures, first + (1 - first) * (time.monotonic() - began) / (60 * minutes) if minutes else 0)
        if len(losses) >= LOG_STEPS:
            speed = counted / (time.monotonic() - began)
            names = ("loss", "box", "class", "object", "taught box", "taught class")
            print(f"{seen}/{pictures} {100 * done:.0f}% " + " ".join(f"{n} {v:.3f}" for n, v in zip(names, torch.stack(losses).mean(0).tolist())) + f" | {speed:.1f}/s, {(pictures - seen) / speed / 60:.0f} min left", flush=True)
            losses.clear()
        if time.monotonic() - saved_at > SAVE_SECS:
            save()
            saved_at = time.monotonic()
    save()
    torch.save(average.state_dict(), out / "student.pt")
    (out / "run.json").write_text(json.dumps(dict(recipe, canvases=seen, pictures=counts, cutouts=sum(map(len, sources.cutouts.values())), release=RELEASE, **told), indent=1) + "\n")
    print(f"wrote {out / 'student.pt'}")
