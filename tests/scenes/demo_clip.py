# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders the demonstration clip and its truth.

    python demo_clip.py --work DIR [--out tests/scenes] [--only T [T ...]]

Out: street.mp4 (640 x 360, 5 frames a second, H.264) and street.json. Each state of the static street is rendered once in
full; a frame is that picture with only the boxes of moving things, and of their shadows, rendered anew and feathered in, then
lens and fresh sensor noise. Frames already in DIR are kept, so a stopped run goes on where it was. `--only` renders single
moments to DIR for looking at. CPU: about 15 minutes.
"""
import argparse
import hashlib
import json
import math
import os
import subprocess
import sys
import time

import bpy
import cv2
import numpy as np
from mathutils import Vector

import calibration
import story
import truth
from street import build, use_cycles

WIDTH, HEIGHT = 640, 360
CAMERA_AT, LOOK_AT, HFOV_DEG = (7.8, 0.0, 6.2), (-1.3, 13.4, .8), 54.0
STILL_SAMPLES, CROP_SAMPLES = 14, 6
BITRATE_BYTES_MAX = 2_000_000


class Studio:
    """The scene and camera, with one full picture kept for each static state."""

    def __init__(self, work):
        self.work = work
        self.scene = build("day", 0, trees_west=(22, 34, 48, 62), sun=(40, 12, 60))
        self.street = story.Street()
        self.camera = truth.Camera(self.scene, CAMERA_AT, LOOK_AT, HFOV_DEG, WIDTH, HEIGHT)
        self.sunward = -(bpy.data.objects["sun"].matrix_world.to_3x3() @ Vector((0, 0, -1)))
        self.backgrounds = {}

    def _background(self, key, t):
        if key not in self.backgrounds:
            self.street.hide_actors(t)
            use_cycles(self.scene, STILL_SAMPLES)
            self.scene.render.use_border = False
            self.backgrounds[key] = truth.render(self.scene, f"{self.work}/background.png")
        return self.backgrounds[key].copy()

    def _boxes(self, things):
        """Boxes (pixels of the larger, undistorted rendering) around each thing and its shadow; near ones are joined."""
        boxes = []
        light = np.array(self.sunward)
        for thing in things:
            points = truth.world_points(thing)[::3]
            shadow = points - np.outer(points[:, 2] / light[2], light)
            q = self.camera.project(np.r_[points, shadow], raw=True)
            q = q[q[:, 2] > .5]
            if not len(q):
                continue
            box = [max(0, q[:, 0].min() - 8), max(0, q[:, 1].min() - 8), min(self.camera.wide, q[:, 0].max() + 8), min(self.camera.high, q[:, 1].max() + 8)]
            if box[2] - box[0] > 9 and box[3] - box[1] > 9:
                boxes.append(box)
        return _joined(boxes)

    def _paste(self, image, box):
        x1, y1, x2, y2 = int(box[0]), int(box[1]), math.ceil(box[2]), math.ceil(box[3])
        r, wide, high = self.scene.render, self.camera.wide, self.camera.high
        r.use_border, r.use_crop_to_border = True, False
        r.border_min_x, r.border_max_x, r.border_min_y, r.border_max_y = x1 / wide, x2 / wide, 1 - y2 / high, 1 - y1 / high
        patch = truth.render(self.scene, f"{self.work}/patch.png")
        r.use_border = False
        weight = np.zeros(image.shape[:2], np.float32)
        # A box that touches the frame's edge is not feathered there.
        weight[(y1 + 2 if y1 else 0):(y2 - 2 if y2 < high else high), (x1 + 2 if x1 else 0):(x2 - 2 if x2 < wide else wide)] = 1
        weight = cv2.GaussianBlur(weight, (0, 0), 1.5, borderType=cv2.BORDER_REPLICATE)
        inside = np.zeros_like(weight)
        inside[y1:y2, x1:x2] = 1
        weight = (weight * inside)[..., None]
        return (image * (1 - weight) + patch * weight + .5).astype(np.uint8)

    def shoot(self, t):
        """The clean picture and the truth at time `t`."""
        key = self.street.set_statics(t)
        image = self._background(key, t)
        moving = self.street.set_actors(t)
        bpy.context.view_layer.update()
        use_cycles(self.scene, CROP_SAMPLES)
        for box in self._boxes(moving):
            image = self._paste(image, box)
        objects = truth.observe(self.camera, truth.render_ids(self.scene, self.camera, f"{self.work}/ids.png"))
        for o in objects:
            o["id"] = self.street.alias.get(o["id"], o["id"])
        return self.camera.warp(image), objects, key


def _joined(boxes):
    """Joins two boxes while their union is hardly larger than both together."""
    area = lambda b: (b[2] - b[0]) * (b[3] - b[1])
    i = 0
    while i < len(boxes):
        for j in range(i + 1, len(boxes)):
            a, b = boxes[i], boxes[j]
            union = [min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])]
            if area(union) < 1.05 * (area(a) + area(b)) + 1500:
                boxes[i] = union
                del boxes[j]
                i = -1
                break
        i += 1
    return boxes


def encode(work, target, bytes_max):
    """H.264 without B-frames, a key frame every two seconds; the quality is the best that stays within `bytes_max`."""
    for crf in range(22, 34):
        subprocess.run(["ffmpeg", "-y", "-loglevel", "error", "-framerate", str(story.FPS), "-i", f"{work}/frame_%03d.png", "-c:v", "libx264", "-preset", "slow",
                        "-crf", str(crf), "-bf", "0", "-g", str(2 * story.FPS), "-keyint_min", str(2 * story.FPS), "-sc_threshold", "0", "-pix_fmt", "yuv420p",
                        "-profile:v", "main", "-movflags", "+faststart", "-fflags", "+bitexact", "-flags:v", "+bitexact", target], check=True)
        if os.path.getsize(target) <= bytes_max:
            return crf
    raise SystemExit(f"the clip stays above {bytes_max} bytes")


def describe(camera, frames, clip):
    """The truth file: frames, events, camera, and a homography for each of the two ground planes."""
    lonlat = lambda at: dict(zip(("lon_deg", "lat_deg"), (round(v, 8) for v in truth.lonlat(*at))))
    events = [{**{k: v for k, v in e.items() if k != "at"}, "enu_metres": list(e["at"]), **lonlat(e["at"])} for e in story.EVENTS]
    planes = {name: calibration.fit(camera, name).as_json() for name in calibration.PLANES}
    return {
        "clip": os.path.basename(clip), "sha256": hashlib.sha256(open(clip, "rb").read()).hexdigest(), "licence": "CC0-1.0", "fps": story.FPS, "size_px": [WIDTH, HEIGHT],
        "conventions": {
            "box": "x1 y1 x2 y2 in pixel edges (frame spans 0..640, 0..360); visible = what shows, full = unoccluded and unclipped",
            "homography": "pixel centres: the centre of the top-left pixel is (0,0); ground is east, north metres about the origin",
            "place": "enu_metres and lonlat of the thing's foot point on the ground; the street is synthetic"},
        "origin": {"lon_deg": truth.ORIGIN_LON_DEG, "lat_deg": truth.ORIGIN_LAT_DEG, "datum": "CGCS2000"},
        "camera": {"enu_metres": list(CAMERA_AT), **lonlat(CAMERA_AT[:2]), "look_at_enu_metres": list(LOOK_AT), "hfov_deg": HFOV_DEG, "focal_px": round(camera.focal_px, 4),
                   "centre_px": [WIDTH / 2 - .5, HEIGHT / 2 - .5], "k1": truth.K1, "k2": truth.K2,
                   "world_from_camera": [[round(v, 9) for v in row] for row in camera.world_from_camera.tolist()], "camera_axes": "x right, y up, looks along -z"},
        "events": events, "planes": planes, "frames": frames}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", required=True, help="folder for frames, kept between runs")
    parser.add_argument("--out", default=os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--only", type=float, nargs="*", help="render these moments (seconds) and stop")
    options = parser.parse_args()
    os.makedirs(options.work, exist_ok=True)
    studio = Studio(options.work)
    if options.only is not None:
        for t in options.only:
            image, objects, key = studio.shoot(t)
            cv2.imwrite(f"{options.work}/look_{t:05.1f}.png", truth.sensor(image, np.random.default_rng(0)))
            with open(f"{options.work}/look_{t:05.1f}.json", "w") as file:
                json.dump({"state": key, "objects": objects}, file)
        return
    frames = []
    for n in range(round(story.DURATION_SECS * story.FPS)):
        picture, facts = f"{options.work}/frame_{n:03d}.png", f"{options.work}/frame_{n:03d}.json"
        if not os.path.exists(facts):
            image, objects, key = studio.shoot(n / story.FPS)
            cv2.imwrite(picture, truth.sensor(image, np.random.default_rng(n), noise=1.6))
            with open(facts, "w") as file:
                json.dump({"frame": n, "t_secs": round(n / story.FPS, 2), "state": key, "objects": objects}, file)
            print(f"frame {n} {key}: {time.process_time():.0f} CPU s", file=sys.stderr, flush=True)
        with open(facts) as file:
            frames.append(json.load(file))
    clip = f"{options.out}/street.mp4"
    crf = encode(options.work, clip, BITRATE_BYTES_MAX)
    body = describe(studio.camera, frames, clip)
    with open(f"{options.out}/street.json", "w") as file:
        head = {k: v for k, v in body.items() if k != "frames"}
        file.write(json.dumps(head, indent=1)[:-2] + ',\n "frames": [\n' + ",\n".join(json.dumps(f, separators=(",", ":")) for f in frames) + "\n ]\n}\n")
    print(f"{clip}: crf {crf}, {os.path.getsize(clip)} bytes, {time.process_time():.0f} CPU s", file=sys.stderr)


if __name__ == "__main__":
    main()
