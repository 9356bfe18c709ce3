# SPDX-License-Identifier: GPL-3.0-or-later
"""Random single things as cut-outs for training: stalls, bins, rubbish, tricycles and furniture that is none of these, each of its own design.

    python things.py --out DIR [--first 0] [--count 1200] [--seed 1] [--kinds stall,bin] [--threads 1] [--secs-max S]

Out: DIR/cutouts/<number>.png (BGR and alpha; the thing's shadow is alpha under a half) and DIR/cutouts.json ({file_name, take, set, boxes} each),
rewritten whole and renamed into place every fifty. A distractor has no boxes. Each cut-out depends on the seed and its number (and
on `--kinds`) alone; what is there already is not rendered again. The camera is one on a pole of which only the thing's part of the
picture is rendered, off its axis, as a street camera would see it.
"""
import argparse
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time

os.environ["OPENCV_IO_ENABLE_OPENEXR"] = "1"  # read when cv2 is imported

import bpy
import cv2
import numpy as np
from mathutils import Matrix, Vector

import materials
import things_bins
import things_distractors
import things_edges
import things_market
import things_rest
from shapes import instances, link, tree_of
from street import use_cycles
from things_check import CLASSES, DARK_MAX
from things_looks import purge

KINDS = {"stall": (34, things_market.stall), "bin": (22, lambda rng: things_bins.bins(rng, False)), "bin_overflowing": (14, lambda rng: things_bins.bins(rng, True)),
         "garbage_pile": (12, things_rest.garbage), "tricycle": (6, things_rest.tricycle), "distractor": (12, things_distractors.distractor),
         "edge": (8, things_edges.edge)}
LIGHTS = {"day": 50, "overcast": 28, "dusk": 9, "night": 13}
SAMPLES, SIDE_PX = 3, (90, 320)
NO_TRUTH = 255  # the index of what is solid and has no label
SHADOW_MAX = .49  # paste.py takes alpha over a half for solid
VISIBLE_MIN_PX, VISIBLE_MIN_SHARE, FILLED_MIN_SHARE = 40, .2, .1
WRITE_EVERY = 50
PART = 250


class Studio:
    """The scene that every thing is put into: camera, ground that catches shadow, sun, lamp and sky."""

    def __init__(self, threads):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        materials.forget()
        self.scene = scene = bpy.context.scene
        use_cycles(scene, SAMPLES, threads)
        scene.render.use_persistent_data = False  # nothing persists from one thing to the next
        render = scene.render
        render.film_transparent, render.image_settings.file_format, render.image_settings.color_mode = True, "PNG", "RGBA"
        render.image_settings.compression, render.resolution_percentage = 5, 100
        scene.view_settings.view_transform = "AgX"
        self.folder = tempfile.TemporaryDirectory()
        self._objects()
        self._sky()
        self._index_pass()
        self.kept = {o.name for o in bpy.data.objects}

    def _objects(self):
        self.camera = link("camera", bpy.data.cameras.new("camera"))
        self.camera.data.sensor_fit, self.camera.data.sensor_width, self.camera.data.clip_end = "HORIZONTAL", 36, 200
        self.scene.camera = self.camera
        mesh = bpy.data.meshes.new("ground")
        mesh.from_pydata([(-40, -40, 0), (40, -40, 0), (40, 40, 0), (-40, 40, 0)], [], [(0, 1, 2, 3)])
        self.ground_paint = bpy.data.materials.new("ground")
        self.ground_paint.use_nodes = True
        mesh.materials.append(self.ground_paint)
        link("ground", mesh).is_shadow_catcher = True
        self.sun = link("sun", bpy.data.lights.new("sun", "SUN"))
        self.lamp = link("lamp", bpy.data.lights.new("lamp", "SPOT"))
        self.lamp.data.spot_size, self.lamp.data.shadow_soft_size = 2.6, .15

    def _sky(self):
        world = bpy.data.worlds.new("sky")
        self.scene.world = world
        world.use_nodes, world.cycles.sampling_method = True, "NONE"
        tree = world.node_tree
        split, ramp = tree.nodes.new("ShaderNodeSeparateXYZ"), tree.nodes.new("ShaderNodeValToRGB")
        tree.links.new(tree.nodes.new("ShaderNodeTexCoord").outputs["Generated"], split.inputs[0])
        tree.links.new(split.outputs[2], ramp.inputs[0])
        self.background, self.horizon = tree.nodes["Background"], ramp.color_ramp.elements
        tree.links.new(ramp.outputs[0], self.background.inputs[0])

    def _index_pass(self):
        self.scene.view_layers[0].use_pass_object_index = True
        self.scene.use_nodes = True
        tree = self.scene.node_tree
        tree.nodes.clear()
        layers, out, ids = (tree.nodes.new(kind) for kind in ("CompositorNodeRLayers", "CompositorNodeComposite", "CompositorNodeOutputFile"))
        tree.links.new(layers.outputs["Image"], out.inputs["Image"])
        ids.base_path, ids.format.file_format, ids.format.color_depth, ids.format.color_mode = self.folder.name, "OPEN_EXR", "32", "RGB"
        ids.file_slots[0].path = "ids"
        tree.links.new(layers.outputs["IndexOB"], ids.inputs[0])

    def clear(self):
        bpy.data.batch_remove([o for o in bpy.data.objects if o.name not in self.kept])
        instances().clear()
        purge()

    def light(self, rng, light):
        """Sun, sky and lamp; the strengths are those at which a grey card is about mid-grey."""
        sky, low = {"day": ((.35, .5, .8), (.75, .78, .8)), "overcast": ((.8, .83, .88), (.62, .65, .68)), "dusk": ((.25, .3, .5), (.8, .5, .32)), "night": ((.1, .13, .25), (.3, .25, .2))}[light]
        self.horizon[0].color, self.horizon[1].color = (*low, 1), (*(c * rng.uniform(.9, 1.1) for c in sky), 1)
        self.background.inputs[1].default_value = {"day": rng.uniform(.35, .75), "overcast": rng.uniform(.9, 1.4), "dusk": rng.uniform(.3, .6), "night": rng.uniform(.03, .12)}[light]
        sun, lamp = self.sun.data, self.lamp.data
        sun.energy = {"day": rng.uniform(2.2, 4.2), "overcast": rng.choice([0, 0, rng.uniform(.2, .8)]), "dusk": rng.uniform(0, 1.6), "night": 0}[light]
        sun.color, sun.angle = ((1, .6, .35) if light == "dusk" else (1, rng.uniform(.9, .98), rng.uniform(.78, .95))), rng.choice([.009, .02, .06, .2])
        up = rng.uniform(8, 25) if light == "dusk" else rng.uniform(25, 70)
        self.sun.rotation_euler = (math.radians(90 - up), 0, rng.uniform(0, 2 * math.pi))
        lit = light == "night" or light == "dusk" and rng.random() < .4
        turn, out, high = rng.uniform(0, 2 * math.pi), rng.uniform(.5, 5), rng.uniform(3.5, 7.5)
        self.lamp.location = (out * math.cos(turn), out * math.sin(turn), high)
        self.lamp.rotation_euler = (Vector((0, 0, .5)) - self.lamp.location).to_track_quat("-Z", "Y").to_euler()
        lamp.energy = rng.uniform(28, 70) * (high ** 2 + out ** 2) if lit else 0
        lamp.color = rng.choice([(1, .55, .2), (1, .75, .45), (1, .95, .85), (.85, .93, 1)])
        shade = rng.uniform(.04, .4)
        self.ground_paint.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (shade, shade * rng.uniform(.9, 1), shade * rng.uniform(.8, 1), 1)
        view = self.scene.view_settings
        view.look = rng.choice(["AgX - Medium High Contrast", "AgX - Medium High Contrast", "AgX - High Contrast", "AgX - Base Contrast"])
        view.exposure = {"day": .6, "overcast": .8, "dusk": .9, "night": .7}[light] + rng.uniform(-.6, .6)

    def aim(self, rng, points, turn_max=math.pi):
        """A pole camera at most `turn_max` off the front, its picture narrowed to `points`; returns their (u, v) in pixels as a function of world points."""
        low, high = points.min(0), points.max(0)
        centre, radius = Vector((low + high) / 2), float(np.linalg.norm(high - low)) / 2
        fall, turn = math.radians(rng.triangular(5, 50, 17)), rng.uniform(-turn_max, turn_max)
        away = max(min(max(rng.uniform(3, 8) / math.sin(fall), 5), 32), 2.4 * radius)
        at = centre + away * Vector((math.cos(fall) * math.cos(turn), math.cos(fall) * math.sin(turn), math.sin(fall)))
        half = math.radians(rng.uniform(30, 75)) / 2
        pan, tilt = rng.uniform(-.6, .6) * half, rng.uniform(-.4, .4) * half
        heading, pitch = math.atan2(*(centre - at).yx) + pan, max(-1.2, -fall + tilt)
        ahead = Vector((math.cos(heading) * math.cos(pitch), math.sin(heading) * math.cos(pitch), math.sin(pitch)))
        right = ahead.cross(Vector((0, 0, 1))).normalized()
        axes = Matrix.Rotation(rng.gauss(0, .02), 3, ahead) @ Matrix((right, right.cross(ahead), -ahead)).transposed()
        self.camera.matrix_world = Matrix.Translation(at) @ axes.to_4x4()
        rows, eye = np.array(axes.transposed()), np.array(at)
        plane = lambda p: ((p - eye) @ rows.T)[:, :2] / -((p - eye) @ rows[2])[:, None]
        seen = plane(points)
        (u0, v0), (u1, v1) = seen.min(0), seen.max(0)
        edge = .09 * max(u1 - u0, v1 - v0)
        u0, v0, u1, v1 = u0 - edge, v0 - edge, u1 + edge, v1 + edge
        longer = math.exp(rng.uniform(*(math.log(px) for px in SIDE_PX)))
        scale = longer / max(u1 - u0, v1 - v0)
        wide, tall = max(24, round((u1 - u0) * scale)), max(24, round((v1 - v0) * scale))
        lens, render = self.camera.data, self.scene.render
        lens.lens, lens.shift_x, lens.shift_y = 36 / (u1 - u0), (u0 + u1) / 2 / (u1 - u0), (v0 + v1) / 2 / (u1 - u0)
        render.resolution_x, render.resolution_y = wide, tall
        return lambda p: (plane(p) - (u0, v1)) * (scale, -scale)

    def shoot(self, seed):
        """(BGR and alpha, ids)."""
        self.scene.cycles.seed = seed
        self.scene.render.filepath = f"{self.folder.name}/picture.png"
        bpy.ops.render.render(write_still=True)
        return cv2.imread(f"{self.folder.name}/picture.png", cv2.IMREAD_UNCHANGED), np.rint(cv2.imread(f"{self.folder.name}/ids0001.exr", cv2.IMREAD_UNCHANGED)[..., 0]).astype(np.uint8)


def corners_of(things):
    """World positions of all vertices."""
    found = []
    for thing in things:
        if thing.type == "MESH":
            flat = np.empty(len(thing.data.vertices) * 3, np.float32)
            thing.data.vertices.foreach_get("co", flat)
            turn = np.array(thing.matrix_world)
            found.append(flat.reshape(-1, 3) @ turn[:3, :3].T + turn[:3, 3])
    return np.concatenate(found)


def soften(pixels, ids):
    """Smooth edges in the thing's own colour (the denoised edge is dark with shadow), and shadow as a soft alpha under a half that
    ends before the border."""
    mask, cross = (ids > 0).astype(np.float32), np.ones((3, 3), np.uint8)
    core, near = cv2.erode(mask, cross), cv2.dilate(mask, cross)
    colour, alpha = pixels[..., :3].astype(np.float32), pixels[..., 3].astype(np.float32) / 255
    weight = core + .05 * mask * alpha ** 2 + 1e-6 * near
    mean = cv2.GaussianBlur(colour * weight[..., None], (0, 0), .9) / np.maximum(cv2.GaussianBlur(weight, (0, 0), .9), 1e-9)[..., None]
    edge = (near > 0) & ((core == 0) | (alpha < .97))
    colour[edge] = mean[edge]
    shadow = np.clip((cv2.GaussianBlur(alpha * (1 - mask), (0, 0), 1.0) - .05) * 1.1, 0, SHADOW_MAX)
    height, width = alpha.shape
    x, y = np.arange(width), np.arange(height)
    inward = np.minimum(np.minimum(x, x[::-1])[None, :], np.minimum(y, y[::-1])[:, None])
    shadow *= np.clip(inward / max(3, .06 * max(width, height)), 0, 1)
    own = cv2.GaussianBlur(mask, (0, 0), .55)
    alpha = own + (1 - own) * shadow
    colour *= np.where(near > 0, own / np.maximum(alpha, 1e-3), 0)[..., None]  # the rest of the alpha is the black of the shadow
    return np.dstack([colour, alpha * 255 + .5]).clip(0, 255).astype(np.uint8)


def boxes_in(ids, places):
    """[class, x1, y1, x2, y2] of what shows; `places` are an instance's vertices in pixels, by id."""
    boxes = []
    for instance in instances():
        if instance.kind not in CLASSES:
            continue
        ys, xs = np.nonzero(np.isin(ids, [instance.id, *instance.also]))
        if len(xs) < VISIBLE_MIN_PX:
            continue
        x1, y1, x2, y2 = int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1
        full = np.prod(np.ptp(places[instance.id], axis=0))
        scraps = instance.kind != "stall" and len(xs) < FILLED_MIN_SHARE * (x2 - x1) * (y2 - y1)  # of what is hidden but for its rims
        if (x2 - x1) * (y2 - y1) >= VISIBLE_MIN_SHARE * full and not scraps:
            boxes.append([instance.kind, x1, y1, x2, y2])
    return boxes


def trim(pixels, ids, boxes):
    """Cut to what is not transparent."""
    ys, xs = np.nonzero((pixels[..., 3] > 8) | (ids > 0))
    x1, y1, x2, y2 = int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1
    return pixels[y1:y2, x1:x2], [[name, a - x1, b - y1, c - x1, d - y1] for name, a, b, c, d in boxes]


def make(studio, rng, kinds):
    """One thing: (its entry without the file's name, pixels)."""
    studio.clear()
    kind = rng.choices(kinds, [KINDS[k][0] for k in kinds])[0]
    name = KINDS[kind][1](rng)
    light = rng.choices(list(LIGHTS), list(LIGHTS.values()))[0]
    studio.light(rng, light)
    bpy.context.view_layer.update()
    own = [o for o in bpy.data.objects if o.name not in studio.kept]
    for thing in own:
        thing.pass_index = NO_TRUTH
    for instance in instances():
        for part in tree_of(instance.thing):
            part.pass_index = instance.id
    # From behind, a lid or the body hides what makes a bin overflow, a sales trailer is a plain box, and shrubs hide a fence.
    project = studio.aim(rng, corners_of(own), 1.3 if kind in ("bin_overflowing", "edge") or name == "market_wagon" else math.pi)
    places = {i.id: project(corners_of(tree_of(i.thing))) for i in instances()}
    pixels, ids = studio.shoot(rng.randrange(1 << 30))
    pixels, boxes = trim(soften(pixels, ids), ids, boxes_in(ids, places))
    return {"take": f"{'distractor' if kind == 'edge' else kind}/{name}", "set": f"things/{light}", "boxes": boxes}, pixels


def write(folder, entries):
    with open(f"{folder}/cutouts.json.part", "w") as file:
        json.dump([entries[n] for n in sorted(entries)], file)
    os.replace(f"{folder}/cutouts.json.part", f"{folder}/cutouts.json")


def read(folder):
    """Entries by number of what an earlier run finished."""
    if not os.path.exists(f"{folder}/cutouts.json"):
        return {}
    with open(f"{folder}/cutouts.json") as file:
        return {int(os.path.basename(e["file_name"])[:-4]): e for e in json.load(file) if os.path.exists(f"{folder}/{e['file_name']}")}


def part(options, kinds):
    """Renders what is missing of the options' numbers."""
    started, entries, studio, made = time.monotonic(), read(options.out), Studio(options.threads), 0
    for number in range(options.first, options.first + options.count):
        if number in entries:
            continue
        if time.monotonic() - started > options.secs_max:
            break
        entry, pixels = make(studio, random.Random(f"thing {options.seed} {number}"), kinds)
        if not entry["boxes"] and not entry["take"].startswith("distractor"):
            continue  # it would teach that such a thing is nothing
        if pixels[pixels[..., 3] > 127][:, :3].mean() < DARK_MAX:
            continue  # black on black
        file = f"cutouts/{number:05d}.png"
        cv2.imwrite(f"{options.out}/{file}", pixels)
        entries[number] = {"file_name": file, **entry}
        made += 1
        if made % WRITE_EVERY == 0:
            write(options.out, entries)
        print(f"{number}: {entry['take']} {entry['set']} {pixels.shape[1]}x{pixels.shape[0]}, {len(entry['boxes'])} boxes; {made} made, {time.process_time() / made:.2f} CPU s each", flush=True)
    write(options.out, entries)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", default=",".join(KINDS), help="comma between; default: all, in their shares")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--secs-max", type=float, default=math.inf, help="stop after so much time by the clock")
    options = parser.parse_args()
    kinds = options.kinds.split(",")
    for kind in kinds:
        if kind not in KINDS:
            raise SystemExit(f"--kinds: {kind!r} is none of {', '.join(KINDS)}")
    os.makedirs(f"{options.out}/cutouts", exist_ok=True)
    if options.count <= PART:
        return part(options, kinds)
    # The renderer's denoiser keeps some 3 MB a picture, so every part has a process of its own.
    until, end = time.monotonic() + options.secs_max, options.first + options.count
    for first in range(options.first, end, PART):
        left = until - time.monotonic()
        if left > 0:
            own = {**vars(options), "first": first, "count": min(PART, end - first), "secs_max": left}
            subprocess.run([sys.executable, __file__, *(f"--{name.replace('_', '-')}={value}" for name, value in own.items())], check=True)


if __name__ == "__main__":
    main()
