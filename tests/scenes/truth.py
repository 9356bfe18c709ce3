# SPDX-License-Identifier: GPL-3.0-or-later
"""The camera and the exact truth of every instance.

Pixels: u right, v down. `Camera.project` and all boxes count pixel EDGES (the frame spans 0..width); the centre of the top-left
pixel is then (0.5, 0.5). Calibration files count pixel CENTRES: subtract 0.5 (`to_centre_px`).
Lens: Brown radial distortion k1, k2 on top of a pinhole; the rendering is made 6 % larger without distortion and then warped,
image by cubic and id mask by nearest interpolation through one map, so truth and picture agree.
"""
import math

import bpy
import cv2
import numpy as np
from mathutils import Vector

from shapes import instances, tree_of

K1, K2 = -.11, .015
OVERSCAN = 1.06
ORIGIN_LON_DEG, ORIGIN_LAT_DEG = 114.34, 22.69


def lonlat(east, north):
    """Degrees of a point east/north (metres) of the origin: tangent plane on the CGCS2000 ellipsoid (equal to WGS 84 to centimetres)."""
    a, e2 = 6378137.0, 0.00669438002290
    lat = math.radians(ORIGIN_LAT_DEG)
    w = 1 - e2 * math.sin(lat) ** 2
    meridian, prime = a * (1 - e2) / w ** 1.5, a / math.sqrt(w)
    return ORIGIN_LON_DEG + math.degrees(east / (prime * math.cos(lat))), ORIGIN_LAT_DEG + math.degrees(north / meridian)


def to_centre_px(points):
    return np.asarray(points, float) - 0.5


class Camera:
    def __init__(self, scene, at, look_at, hfov_deg, width, height):
        self.scene, self.at, self.look_at, self.hfov_deg, self.width, self.height = scene, at, look_at, hfov_deg, width, height
        self.focal_px = width / 2 / math.tan(math.radians(hfov_deg) / 2)
        self.wide, self.high = int(width * OVERSCAN) // 4 * 4, int(height * OVERSCAN) // 4 * 4
        lens = bpy.data.cameras.new("camera")
        thing = bpy.data.objects.new("camera", lens)
        scene.collection.objects.link(thing)
        scene.camera, thing.location = thing, at
        thing.rotation_euler = (Vector(look_at) - Vector(at)).to_track_quat("-Z", "Y").to_euler()
        lens.sensor_width, lens.sensor_fit, lens.clip_end = 36, "HORIZONTAL", 300
        lens.angle = 2 * math.atan(self.wide / 2 / self.focal_px)
        scene.render.resolution_x, scene.render.resolution_y = self.wide, self.high
        bpy.context.view_layer.update()
        self.world_from_camera = np.array(thing.matrix_world)
        self._camera_from_world = np.linalg.inv(self.world_from_camera)
        self._maps = {1: self._map(1)}

    def _map(self, scale):
        """For each pixel of the finished frame (`scale` times as large) where it lies in the rendering (`scale` times as large)."""
        v, u = np.mgrid[:self.height * scale, :self.width * scale].astype(np.float64)
        x, y = self._undistort(((u + .5) / scale - self.width / 2) / self.focal_px, ((v + .5) / scale - self.height / 2) / self.focal_px)
        return (((x * self.focal_px + self.wide / 2) * scale - .5).astype(np.float32), ((y * self.focal_px + self.high / 2) * scale - .5).astype(np.float32))

    @staticmethod
    def _undistort(xd, yd):
        x, y = xd, yd
        for _ in range(12):
            r2 = x * x + y * y
            scale = 1 + K1 * r2 + K2 * r2 * r2
            x, y = xd / scale, yd / scale
        return x, y

    def warp(self, image, nearest=False, scale=1):
        if scale not in self._maps:
            self._maps[scale] = self._map(scale)
        return cv2.remap(image, *self._maps[scale], cv2.INTER_NEAREST if nearest else cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)

    def project(self, points, raw=False):
        """World N x 3 -> N x 3 of (u, v, depth). `raw` gives pixels of the undistorted, larger rendering instead."""
        p = np.c_[np.asarray(points, float), np.ones(len(points))] @ self._camera_from_world.T
        depth = -p[:, 2]
        x, y = p[:, 0] / depth, -p[:, 1] / depth
        if raw:
            return np.c_[self.wide / 2 + self.focal_px * x, self.high / 2 + self.focal_px * y, depth]
        r2 = x * x + y * y
        scale = 1 + K1 * r2 + K2 * r2 * r2
        return np.c_[self.width / 2 + self.focal_px * x * scale, self.height / 2 + self.focal_px * y * scale, depth]

    def ground(self, pixels, z=0.0):
        """Edge-convention pixels N x 2 -> east, north on the plane at height z (NaN above the horizon)."""
        pixels = np.asarray(pixels, float)
        x, y = self._undistort((pixels[:, 0] - self.width / 2) / self.focal_px, (pixels[:, 1] - self.height / 2) / self.focal_px)
        rays = np.c_[x, -y, -np.ones(len(x))] @ self.world_from_camera[:3, :3].T
        reach = (z - self.at[2]) / np.where(rays[:, 2] < 0, rays[:, 2], np.nan)
        return np.asarray(self.at)[:2] + rays[:, :2] * reach[:, None]


    def rays(self, pixels):
        """World directions (unit length) through edge-convention pixels N x 2."""
        x, y = self._undistort((pixels[:, 0] - self.width / 2) / self.focal_px, (pixels[:, 1] - self.height / 2) / self.focal_px)
        rays = np.c_[x, -y, -np.ones(len(x))] @ self.world_from_camera[:3, :3].T
        return rays / np.linalg.norm(rays, axis=1)[:, None]


def render(scene, path):
    scene.render.filepath = path
    bpy.ops.render.render(write_still=True)
    return cv2.imread(path)


def render_ids(scene, camera, path, scale=1):
    """Object ids a pixel (0 = none), by a flat Workbench rendering without anti-aliasing; the scene's settings come back.
    `scale` = 2 gives four samples a pixel (an image twice as wide and high)."""
    r, view, shading = scene.render, scene.view_settings, scene.display.shading
    kept = (r.engine, view.view_transform, view.look, view.exposure, r.use_border)
    r.engine, r.use_border, r.dither_intensity = "BLENDER_WORKBENCH", False, 0
    shading.light, shading.color_type, scene.display.render_aa = "FLAT", "OBJECT", "OFF"
    shading.show_object_outline = shading.show_shadows = shading.show_cavity = False
    view.view_transform, view.look, view.exposure = "Raw", "None", 0
    r.resolution_percentage = 100 * scale
    bgr = render(scene, path)
    r.resolution_percentage = 100
    r.engine, view.view_transform, view.look, view.exposure, r.use_border = kept
    red, green, blue = (bgr[..., i].astype(np.int32) for i in (2, 1, 0))
    number = (green // 16) * 16 + red // 16
    check = ((red // 16) * 7 + (green // 16) * 3) % 16
    number[(blue // 16 != check) | (number >= 255) | (abs(red % 16 - 8) > 2) | (abs(green % 16 - 8) > 2)] = 0
    return camera.warp(number.astype(np.uint8), nearest=True, scale=scale)


_local = {}


def forget_meshes():
    _local.clear()


def world_points(thing):
    """All vertices of the object and its shown children as rendered (after modifiers), N x 3."""
    clouds = []
    for part in tree_of(thing):
        if part.type != "MESH" or part.hide_render:
            continue
        key = (part.name, part.data.name)
        if key not in _local:
            evaluated = part.evaluated_get(bpy.context.evaluated_depsgraph_get())
            mesh = evaluated.to_mesh()
            flat = np.empty(len(mesh.vertices) * 3, np.float32)
            mesh.vertices.foreach_get("co", flat)
            evaluated.to_mesh_clear()
            _local[key] = np.c_[flat.reshape(-1, 3), np.ones(len(flat) // 3)]
        clouds.append(_local[key] @ np.array(part.matrix_world)[:3].T)
    return np.concatenate(clouds) if clouds else np.empty((0, 3))


def observe(camera, ids):
    """Truth of all shown instances in the frame: list of dicts. `full` = box as if nothing stood before it, not clipped;
    `visible` = box of the pixels that show (None where none does); `cut` where the frame's edge crosses the full box."""
    shown = [i for i in instances() if not i.thing.hide_render]
    things = {i.id: i.thing for i in shown}
    out = []
    for instance in shown:
        members = [instance.id] + [n for n in instance.also if n in things]
        points = np.concatenate([world_points(things[n]) for n in members])
        q = camera.project(points)
        if not len(q) or (q[:, 2] < .5).any():
            continue
        x1, y1, x2, y2 = q[:, 0].min(), q[:, 1].min(), q[:, 0].max(), q[:, 1].max()
        if x2 <= 0 or y2 <= 0 or x1 >= camera.width or y1 >= camera.height:
            continue
        ys, xs = np.nonzero(np.isin(ids, members))
        at = instance.thing.matrix_world.translation
        lon, lat = lonlat(at.x, at.y)
        out.append({
            "id": instance.id, "class": instance.kind,
            "visible": [int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1] if len(xs) else None,
            "full": [round(float(v), 1) for v in (x1, y1, x2, y2)], "visible_px": int(len(xs)),
            "enu_metres": [round(at.x, 3), round(at.y, 3), round(at.z, 3)], "lonlat_deg": [round(lon, 8), round(lat, 8)]})
        if x1 < 0 or y1 < 0 or x2 > camera.width or y2 > camera.height:
            out[-1]["cut"] = True
    return out
