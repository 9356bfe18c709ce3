# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders the state library: the empty set once, and every take of the cast as layers.

    python library.py --layout street --light day --out DIR [--takes bin_green stall/open ...] [--samples 4] [--threads 2]

Out: DIR/<layout>/<light>/ with empty.png, set.json and one .npz a take (layers.py); takes that are there already are kept.
Many things are rendered at once: a pass shows one step of as many takes as fit beside each other without touching (shadows
included), is rendered by Cycles, then its mask by Workbench with four samples a pixel, and is cut into layers.
"""
import argparse
import json
import math
import os
import shutil
import sys
import time
from dataclasses import dataclass

import bpy
import cv2
import numpy as np
from mathutils import Vector

import calibration
import layers
import sets
import truth
from cast import FPS, Cast
from shapes import instances, tree_of
from street import use_cycles

WIDTH, HEIGHT = 640, 360
EMPTY_SAMPLES = 24
MARGIN_PX = 8
PASS_PX = 16_000  # what a pass costs beside its pixels, in pixels
CHUNK_LAYERS = 350  # layers are written after so many, so that a stopped run goes on


@dataclass
class Job:
    take: object
    step: int
    box: tuple
    things: list


class Studio:
    def __init__(self, layout, light, samples, threads, work):
        self.layout, self.light, self.samples, self.work = layout, light, samples, work
        self.scene = sets.build(layout, light)
        self.cast = Cast(layout, light)
        truth.forget_meshes()
        self.camera = truth.Camera(self.scene, layout.at, layout.look_at, layout.hfov_deg, WIDTH, HEIGHT)
        sun = bpy.data.objects.get("sun")
        self.sunward = np.array(-(sun.matrix_world.to_3x3() @ Vector((0, 0, -1)))) if sun else None
        use_cycles(self.scene, samples, threads)

    def _truth(self, take):
        """Facts of the instances of a take as it is posed now."""
        shown = {part.name for root in take.roots for part in tree_of(root) if not part.hide_render}
        own = [i for i in instances() if i.thing.name in shown]
        by_id, out = {i.id: i for i in own}, []
        for instance in own:
            members = [instance.id] + [n for n in instance.also if n in by_id]
            points = np.concatenate([truth.world_points(by_id[n].thing) for n in members])
            q = self.camera.project(points)
            if (q[:, 2] < .5).any():
                continue
            full = [float(v) for v in (q[:, 0].min(), q[:, 1].min(), q[:, 0].max(), q[:, 1].max())]
            if full[2] <= 0 or full[3] <= 0 or full[0] >= WIDTH or full[1] >= HEIGHT:
                continue
            at = instance.thing.matrix_world.translation
            out.append({"id": instance.id, "key": self.cast.keys[instance.id], "class": instance.kind, "full": [round(v, 1) for v in full],
                        "also": sorted({self.cast.keys[n] for n in members[1:]}), "enu_metres": [round(v, 3) for v in at],
                        "away_metres": round(float(np.linalg.norm(np.array(at) - self.layout.at)), 2)})
        return out

    def _box(self, take):
        """Pixels that the take's things and their shadows can change, or None outside the frame."""
        points = np.concatenate([truth.world_points(root) for root in take.roots])[::2]
        low = points[:, 2].min()
        rise = (points[:, 2] - low)[:, None]
        if self.sunward is not None:
            cast = [points - rise * (self.sunward / self.sunward[2])[None, :]]
        else:  # soft light: a dark rim around the foot
            cast = [points - rise * np.array([dx, dy, 1])[None, :] for dx, dy in ((.35, 0), (-.35, 0), (0, .35), (0, -.35))]
        q = self.camera.project(np.concatenate([points, *cast]))
        q = q[q[:, 2] > .5]
        if not len(q):
            return None
        x1, y1 = max(0, math.floor(q[:, 0].min()) - MARGIN_PX), max(0, math.floor(q[:, 1].min()) - MARGIN_PX)
        x2, y2 = min(WIDTH, math.ceil(q[:, 0].max()) + MARGIN_PX), min(HEIGHT, math.ceil(q[:, 1].max()) + MARGIN_PX)
        return (x1, y1, x2, y2) if x2 - x1 > MARGIN_PX + 2 and y2 - y1 > MARGIN_PX + 2 else None

    def jobs(self, takes):
        out = []
        for take in takes:
            for step in range(take.steps):
                take.pose(step)
                bpy.context.view_layer.update()
                things, box = self._truth(take), self._box(take)
                if things and box:
                    out.append(Job(take, step, box, things))
            self.cast.stow()
        return out

    def _pose(self, group):
        self.cast.stow()
        for job in group:
            job.take.pose(job.step)
        bpy.context.view_layer.update()

    def empty(self):
        self.cast.stow()
        self.scene.cycles.samples, self.scene.render.use_border = EMPTY_SAMPLES, False
        picture = self.camera.warp(truth.render(self.scene, f"{self.work}/empty_raw.png"))
        self.scene.cycles.samples = self.samples
        return picture

    def shoot(self, groups):
        """Cycles pictures of all passes, one PNG each (the mask's engine comes later: switching makes Cycles load the set anew)."""
        for n, group in enumerate(groups):
            self._pose(group)
            r, boxes = self.scene.render, np.array([job.box for job in group])
            # The part of the rendering that the boxes need; the lens moves pixels by under 6 %.
            x1, y1, x2, y2 = (*boxes[:, :2].min(0), *boxes[:, 2:].max(0))
            ends = (self.camera.wide - WIDTH) // 2 + 12, (self.camera.high - HEIGHT) // 2 + 12
            wide, high = self.camera.wide, self.camera.high
            left, right = max(0, x1 - 4), min(wide, x2 + 2 * ends[0])
            top, bottom = max(0, y1 - 4), min(high, y2 + 2 * ends[1])
            r.use_border, r.use_crop_to_border = True, False
            r.border_min_x, r.border_max_x, r.border_min_y, r.border_max_y = left / wide, right / wide, 1 - bottom / high, 1 - top / high
            truth.render(self.scene, f"{self.work}/pass_{n:04d}.png")
            if n % 20 == 0:
                print(f"pass {n} of {len(groups)}: {len(group)} layers, {time.process_time():.0f} CPU s", file=sys.stderr, flush=True)
        self.scene.render.use_border = False

    def cut(self, groups, empty):
        """Masks, depths and layers of all passes: {take name: {step: layer}}."""
        out = {}
        for n, group in enumerate(groups):
            self._pose(group)
            picture = self.camera.warp(cv2.imread(f"{self.work}/pass_{n:04d}.png"))
            fine = truth.render_ids(self.scene, self.camera, f"{self.work}/ids.png", 2)
            for job in group:
                numbers = [thing["id"] for thing in job.things]
                table = np.zeros(256, np.uint8)
                table[numbers] = np.arange(1, len(numbers) + 1)
                local = table[fine]
                alpha = (local > 0).reshape(HEIGHT, 2, WIDTH, 2).mean((1, 3)).astype(np.float32)
                ids = np.maximum(local[::2, ::2], local[1::2, 1::2])
                things = [{k: v for k, v in thing.items() if k != "id"} for thing in job.things]
                layer = layers.extract(job.box, picture, empty, alpha, ids, self._depth(job, ids), things)
                out.setdefault(job.take.name, {})[job.step] = layer
        return out

    def _depth(self, job, ids):
        """Metres from the camera, one ray for every second pixel of the mask."""
        x1, y1, x2, y2 = job.box
        depth = np.full((HEIGHT, WIDTH), np.inf, np.float32)
        near = min(thing["away_metres"] for thing in job.things)
        depth[y1:y2, x1:x2][ids[y1:y2, x1:x2] > 0] = near
        ys, xs = np.nonzero(ids[y1:y2:2, x1:x2:2])
        if len(xs):
            ys, xs = ys * 2 + y1, xs * 2 + x1
            graph, at = bpy.context.evaluated_depsgraph_get(), Vector(self.layout.at)
            for x, y, ray in zip(xs, ys, self.camera.rays(np.c_[xs, ys] + .5)):
                hit, where, *_ = self.scene.ray_cast(graph, at, Vector(ray))
                if hit:
                    block = (slice(y, min(y + 2, y2)), slice(x, min(x + 2, x2)))
                    depth[block] = np.where(np.isfinite(depth[block]), (where - at).length, np.inf)
        return depth


def pack(jobs):
    """Groups of jobs whose boxes do not touch and whose takes share no object. A pass costs about as much again as rendering
    PASS_PX pixels, so a job joins while the rendered area grows by less than its own box and that."""
    waiting, groups = {}, []
    for job in jobs:
        waiting.setdefault(job.take.name, []).append(job)
    area = lambda b: (b[2] - b[0]) * (b[3] - b[1])
    joined = lambda a, b: (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
    apart = lambda a, b: a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    while waiting:
        names = sorted(waiting, key=lambda n: -len(waiting[n]))
        group, used, union = [], set(), None
        for name in names:
            roots = {root.name for root in waiting[name][0].take.roots}
            if roots & used:
                continue
            fit = [job for job in waiting[name] if all(apart(job.box, other.box) for other in group)] if group else waiting[name][:1]
            if not fit:
                continue
            growth = lambda job: area(joined(union, job.box)) - area(union) - area(job.box) if group else 0
            best = min(fit, key=growth)
            if growth(best) < PASS_PX:
                group.append(best)
                used |= roots
                union = joined(union, best.box) if union else best.box
                waiting[name].remove(best)
        waiting = {name: left for name, left in waiting.items() if left}
        groups.append(group)
    return groups


def describe(layout, light, camera):
    lon, lat = truth.lonlat(*layout.at[:2])
    planes = {name: calibration.fit(camera, plane).as_json() for name, plane in layout.planes().items()}
    return {"layout": layout.name, "light": light, "fps": FPS, "size_px": [WIDTH, HEIGHT],
            "camera": {"enu_metres": list(layout.at), "lon_deg": round(lon, 8), "lat_deg": round(lat, 8), "look_at_enu_metres": list(layout.look_at),
                       "hfov_deg": layout.hfov_deg, "focal_px": round(camera.focal_px, 4), "centre_px": [WIDTH / 2 - .5, HEIGHT / 2 - .5], "k1": truth.K1, "k2": truth.K2,
                       "world_from_camera": [[round(v, 9) for v in row] for row in camera.world_from_camera.tolist()], "camera_axes": "x right, y up, looks along -z"},
            "planes": planes}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layout", choices=sets.LAYOUTS, default="street")
    parser.add_argument("--light", choices=sets.LIGHTS, default="day")
    parser.add_argument("--out", required=True)
    parser.add_argument("--takes", nargs="*", help="names, or keys for all takes of a thing; without it everything")
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    folder = f"{options.out}/{options.layout}/{options.light}"
    work = f"{folder}/work"
    os.makedirs(work, exist_ok=True)
    studio = Studio(sets.LAYOUTS[options.layout], options.light, options.samples, options.threads, work)
    file_of = lambda name: f"{folder}/{name.replace('/', '.')}.npz"
    known = studio.cast.takes
    unknown = set(options.takes or ()) - known.keys() - {t.key for t in known.values()}
    if unknown:
        raise SystemExit(f"no such takes in {options.layout}: {', '.join(sorted(unknown))}")
    wanted = [t for t in known.values() if options.takes is None or t.name in options.takes or t.key in options.takes]
    wanted = [t for t in wanted if not os.path.exists(file_of(t.name))]
    with open(f"{folder}/set.json", "w") as file:
        json.dump(describe(studio.layout, options.light, studio.camera), file)
    if os.path.exists(f"{folder}/empty.png"):
        empty = cv2.imread(f"{folder}/empty.png")
    else:
        empty = studio.empty()
        cv2.imwrite(f"{folder}/empty.png", empty)
    while wanted:
        chunk, jobs = [], []
        while wanted and len(jobs) < CHUNK_LAYERS:
            chunk.append(wanted.pop(0))
            jobs += studio.jobs(chunk[-1:])
        groups = pack(jobs)
        print(f"{len(chunk)} takes, {len(jobs)} layers, {len(groups)} passes; {len(wanted)} takes to come, {time.process_time():.0f} CPU s", file=sys.stderr, flush=True)
        studio.shoot(groups)
        found = studio.cut(groups, empty)
        for take in chunk:
            layers.save(file_of(take.name), [found.get(take.name, {}).get(step) for step in range(take.steps)])
    shutil.rmtree(work)
    print(f"{folder}: {time.process_time():.0f} CPU s", file=sys.stderr)


if __name__ == "__main__":
    main()
