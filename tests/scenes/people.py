# SPDX-License-Identifier: GPL-3.0-or-later
"""People: one voxel-remeshed body a walking phase; an animation swaps the meshes. A person faces +x before the turn."""
import math

import bpy

from materials import clothes
from shapes import Shape, link, register

PHASES = 8
_SKIN, _HAIR = (.48, .29, .19), (.012, .01, .009)


def _capsule(shape, start, end, radius, end_radius, material):
    shape.tube(start, end, radius, material, end_radius, 10)
    shape.blob(start, (radius,) * 3, material, 10, 6)
    shape.blob(end, (end_radius,) * 3, material, 10, 6)


def _body(k, material, phase, pose):
    """Limbs of one phase. `pose`: "walk", "stand" or "ride" (thighs forward, arms to the bar). `k` scales a 1.7 m body."""
    shape, cycle = Shape(), 2 * math.pi * phase / PHASES
    for side in (-1, 1):
        offset = 0 if side > 0 else math.pi
        thigh = {"walk": .45, "stand": .06, "ride": 0}[pose] * math.sin(cycle + offset)
        shin = thigh - .55 * max(0, math.cos(cycle + offset)) if pose == "walk" else thigh
        if pose == "ride":
            thigh, shin = 1.25, .1
        hip = (0, side * .09 * k, .90 * k)
        knee = (hip[0] + .42 * k * math.sin(thigh), side * .10 * k, hip[2] - .42 * k * math.cos(thigh))
        ankle = (knee[0] + .42 * k * math.sin(shin), side * .10 * k, knee[2] - .42 * k * math.cos(shin))
        _capsule(shape, hip, knee, .085 * k, .062 * k, material)
        _capsule(shape, knee, ankle, .06 * k, .045 * k, material)
        shape.blob((ankle[0] + .06 * k, ankle[1], ankle[2] - .02), (.13 * k, .05 * k, .045 * k), material)
        upper = .75 if pose == "ride" else -thigh * .8
        fore = upper + (.5 if pose == "ride" else .35 if pose == "walk" else .35 + .8 * (side > 0))
        shoulder = (0, side * .19 * k, 1.38 * k)
        elbow = (shoulder[0] + .28 * k * math.sin(upper), side * .235 * k, shoulder[2] - .28 * k * math.cos(upper))
        hand = (elbow[0] + .27 * k * math.sin(fore), side * .225 * k, elbow[2] - .27 * k * math.cos(fore))
        _capsule(shape, shoulder, elbow, .055 * k, .045 * k, material)
        _capsule(shape, elbow, hand, .042 * k, .032 * k, material)
        shape.blob(hand, (.05 * k, .03 * k, .05 * k), material)
    shape.blob((0, 0, 1.0 * k), (.115 * k, .165 * k, .17 * k), material)
    shape.blob((0, 0, 1.24 * k), (.125 * k, .19 * k, .24 * k), material)
    _capsule(shape, (0, 0, 1.4 * k), (.015, 0, 1.5 * k), .058 * k, .055 * k, material)
    shape.blob((.02, 0, 1.59 * k), (.095 * k, .075 * k, .115 * k), material, 14, 10)
    shape.blob((-.005, 0, 1.62 * k), (.095 * k, .083 * k, .095 * k), material, 14, 10)
    return shape


def _fuse(shape, material):
    """Melt the limbs into one smooth skin."""
    draft = shape.place("draft")
    remesh = draft.modifiers.new("remesh", "REMESH")
    remesh.mode, remesh.voxel_size, remesh.use_smooth_shade = "VOXEL", .022, True
    draft.modifiers.new("smooth", "SMOOTH").iterations = 4
    mesh = bpy.data.meshes.new_from_object(draft.evaluated_get(bpy.context.evaluated_depsgraph_get()))
    bpy.data.objects.remove(draft)
    mesh.materials.clear()
    mesh.materials.append(material)
    return mesh


class Person:
    """`thing` is the Blender object. `poses` lists what `take` may ask for later: "walk" makes all phases, others one mesh."""

    def __init__(self, x, y, turn, top, trousers, height=1.7, pose="walk", z=0.0, phase=0, poses=(), hair=_HAIR, skin=_SKIN):
        k = height / 1.7
        material = clothes(top, trousers, hair, skin, k)
        self.meshes = {p: [_fuse(_body(k, material, i, p), material) for i in (range(PHASES) if p == "walk" else [0])] for p in poses}
        first = self.meshes[pose][0] if poses else _fuse(_body(k, material, phase, pose), material)
        self.thing = link("person", first)
        self.thing.location, self.thing.rotation_euler = (x, y, z), (0, 0, turn)
        self.instance = register(self.thing, "person")

    def take(self, pose, phase=0):
        """Swaps in another pose or walking phase."""
        meshes = self.meshes[pose]
        self.thing.data = meshes[int(phase) % len(meshes)]
