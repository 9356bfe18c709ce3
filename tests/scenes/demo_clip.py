# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders the demonstration clip and its truth.

    python demo_clip.py --work DIR [--out tests/scenes] [--calibration calibration/demo_street.toml] [--only T [T ...]]

Out: street.mp4 (640 x 360, 5 frames a second, H.264) and street.json. Each state of the static street is rendered once in
full; a frame is that picture with only the boxes of moving things, and of their shadows, rendered anew and feathered in, then
lens and fresh sensor noise. Frames already in DIR are kept, so a stopped run goes on where it was. `--only` renders single
moments to DIR for looking at. CPU: about 14 minutes.
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
from sensor import sensor
from street import build, use_cycles

WIDTH, HEIGHT = 640, 360
CAMERA_AT, LOOK_AT, HFOV_DEG = (7.8, 0.0, 6.2), (-1.3, 13.4, .8), 54.0
STILL_SAMPLES, CROP_SAMPLES = 14, 8
NOISE = 1.6  # standard deviation, grey levels
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
        # Once only: setting these again, or switching to the mask's engine, makes Cycles load the whole scene anew (1.4 CPU s).
        use_cycles(self.scene, STILL_SAMPLES)

    def _background(self, key, t):
        if key not in self.backgrounds:
            self.street.hide_actors(t)
            self.scene.cycles.samples, self.scene.render.use_border = STILL_SAMPLES, False
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
            box = [max(0, q[:, 0].min() - 9), max(0, q[:, 1].min() - 9), min(self.camera.wide, q[:, 0].max() + 9), min(self.camera.high, q[:, 1].max() + 9)]
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
        # Faded out over the outer pixels (the rendering's own edge may miss its last column), but not at the frame's edge.
        weight = np.zeros(image.shape[:2], np.float32)
        weight[(y1 + 5 if y1 else 0):(y2 - 5 if y2 < high else high), (x1 + 5 if x1 else 0):(x2 - 5 if x2 < wide else wide)] = 1
        weight = cv2.GaussianBlur(weight, (7, 7), 1.2, borderType=cv2.BORDER_REPLICATE)
        weight = weight[..., None]
        return (image * (1 - weight) + patch * weight + .5).astype(np.uint8)

    def picture(self, t):
        """The picture at time `t`, before the sensor."""
        image = self._background(self.street.set_statics(t), t)
        moving = self.street.set_actors(t)
        bpy.context.view_layer.update()
        self.scene.cycles.samples = CROP_SAMPLES
        for box in self._boxes(moving):
            image = self._paste(image, box)
        return self.camera.warp(image)

    def facts(self, t):
        """The state of the street at time `t` and the truth of everything in the frame."""
        state = self.street.set_statics(t)
        self.street.set_actors(t)
        bpy.context.view_layer.update()
        objects = truth.observe(self.camera, truth.render_ids(self.scene, self.camera, f"{self.work}/ids.png"))
        for o in objects:
            o["id"] = self.street.alias.get(o["id"], o["id"])
        return {"state": state, "objects": objects}


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
    planes = {name: calibration.fit(camera, plane).as_json() for name, plane in calibration.PLANES.items()}
    return {
        "clip": os.path.basename(clip), "sha256": hashlib.sha256(open(clip, "rb").read()).hexdigest(), "licence": "CC0-1.0", "fps": story.FPS, "size_px": [WIDTH, HEIGHT],
        "conventions": {
            "box": "x1 y1 x2 y2 in pixel edges (frame spans 0..640, 0..360); visible = what shows, full = unoccluded and unclipped",
            "homography": "pixel centres: the centre of the top-left pixel is (0,0); ground is east, north metres about the origin",
            "place": "enu_metres and lonlat_deg of the thing's foot point on the ground; the street is synthetic"},
        "origin": {"lon_deg": truth.ORIGIN_LON_DEG, "lat_deg": truth.ORIGIN_LAT_DEG, "datum": "CGCS2000"},
        "camera": {"enu_metres": list(CAMERA_AT), **lonlat(CAMERA_AT[:2]), "look_at_enu_metres": list(LOOK_AT), "hfov_deg": HFOV_DEG, "focal_px": round(camera.focal_px, 4),
                   "centre_px": [WIDTH / 2 - .5, HEIGHT / 2 - .5], "k1": truth.K1, "k2": truth.K2,
                   "world_from_camera": [[round(v, 9) for v in row] for row in camera.world_from_camera.tolist()], "camera_axes": "x right, y up, looks along -z"},
        "events": events, "planes": planes, "frames": frames}


def write(body, path):
    """JSON with one frame a line, so that a change shows in a diff."""
    head = json.dumps({k: v for k, v in body.items() if k != "frames"}, indent=1)[:-2]
    frames = ",\n".join(json.dumps(f, separators=(",", ":")) for f in body["frames"])
    with open(path, "w") as file:
        file.write(f'{head},\n "frames": [\n{frames}\n ]\n}}\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", required=True, help="folder for frames, kept between runs")
    parser.add_argument("--out", default=os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--calibration", help="also write the calibration file here")
    parser.add_argument("--only", type=float, nargs="*", help="render these moments (seconds) and stop")
    options = parser.parse_args()
    os.makedirs(options.work, exist_ok=True)
    studio = Studio(options.work)
    if options.only is not None:
        for t in options.only:
            cv2.imwrite(f"{options.work}/look_{t:05.1f}.png", sensor(studio.picture(t), np.random.default_rng(0)))
        for t in options.only:
            with open(f"{options.work}/look_{t:05.1f}.json", "w") as file:
                json.dump(studio.facts(t), file)
        return
    if options.calibration:
        with open(options.calibration, "w") as file:
            file.write(calibration.as_toml(studio.camera, "pavement"))
    count = round(story.DURATION_SECS * story.FPS)
    for n in range(count):
        path = f"{options.work}/frame_{n:03d}.png"
        if not os.path.exists(path):
            cv2.imwrite(path, sensor(studio.picture(n / story.FPS), np.random.default_rng(n), NOISE))
            print(f"frame {n}: {time.process_time():.0f} CPU s", file=sys.stderr, flush=True)
    frames = [{"frame": n, "t_secs": round(n / story.FPS, 2), **studio.facts(n / story.FPS)} for n in range(count)]
    clip = f"{options.out}/street.mp4"
    crf = encode(options.work, clip, BITRATE_BYTES_MAX)
    write(describe(studio.camera, frames, clip), f"{options.out}/street.json")
    print(f"{clip}: crf {crf}, {os.path.getsize(clip)} bytes, {time.process_time():.0f} CPU s", file=sys.stderr)


if __name__ == "__main__":
    main()
