# SPDX-License-Identifier: GPL-3.0-or-later
"""Mesh building from boxes, tubes and blobs, and the register of things that have truth.

In: metres, z up, x east, y north. Out: Blender objects linked into the scene.
"""
import math
from dataclasses import dataclass, field

import bpy
from mathutils import Vector

ID_MAX = 254  # ids are written into two 4-bit halves of the mask's colour; 255 is the mask's background


class Shape:
    """A mesh under construction: vertices, faces and one material a face."""

    def __init__(self):
        self.vertices, self.faces, self.face_material, self.face_smooth, self.materials = [], [], [], [], []

    def add(self, vertices, faces, material, smooth=False):
        first = len(self.vertices)
        self.vertices += [tuple(p) for p in vertices]
        if material not in self.materials:
            self.materials.append(material)
        index = self.materials.index(material)
        for face in faces:
            self.faces.append([first + i for i in face])
            self.face_material.append(index)
            self.face_smooth.append(smooth)

    def box(self, centre, size, material, turn=0.0, taper=1.0):
        """A box turned about z by `turn`; `taper` scales its upper face."""
        half = [s / 2 for s in size]
        cos, sin = math.cos(turn), math.sin(turn)
        vertices = []
        for dz in (-1, 1):
            scale = 1 if dz < 0 else taper
            for dx, dy in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                px, py = dx * half[0] * scale, dy * half[1] * scale
                vertices.append((centre[0] + px * cos - py * sin, centre[1] + px * sin + py * cos, centre[2] + dz * half[2]))
        self.add(vertices, [(3, 2, 1, 0), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)], material)

    def tube(self, start, end, radius, material, end_radius=None, sides=12, smooth=True):
        end_radius = radius if end_radius is None else end_radius
        start, end = Vector(start), Vector(end)
        axis = (end - start).normalized()
        u = axis.orthogonal().normalized()
        w = axis.cross(u)
        vertices = [p + u * r * math.cos(2 * math.pi * i / sides) + w * r * math.sin(2 * math.pi * i / sides)
                    for p, r in ((start, radius), (end, end_radius)) for i in range(sides)]
        wall = [(i, (i + 1) % sides, sides + (i + 1) % sides, sides + i) for i in range(sides)]
        self.add(vertices, wall, material, smooth)
        self.add(vertices[:sides], [tuple(reversed(range(sides)))], material)
        self.add(vertices[sides:], [tuple(range(sides))], material)

    def blob(self, centre, radii, material, around=10, down=7, jitter=0.0, rng=None):
        """An ellipsoid; `jitter` shakes every vertex by that share of its radius (needs `rng`)."""
        vertices, faces = [], []
        for i in range(down + 1):
            polar = math.pi * i / down
            for j in range(around):
                turn = 2 * math.pi * j / around
                shake = 1 + jitter * (rng.random() - 0.5) if jitter else 1
                vertices.append((centre[0] + radii[0] * shake * math.sin(polar) * math.cos(turn),
                                 centre[1] + radii[1] * shake * math.sin(polar) * math.sin(turn),
                                 centre[2] + radii[2] * shake * math.cos(polar)))
        for i in range(down):
            for j in range(around):
                k = (j + 1) % around
                faces.append((i * around + j, (i + 1) * around + j, (i + 1) * around + k, i * around + k))
        self.add(vertices, faces, material, True)

    def ring(self, centre, axis, radius, thickness, material, around=20, section=6):
        axis = Vector(axis).normalized()
        u = axis.orthogonal().normalized()
        w = axis.cross(u)
        centre = Vector(centre)
        vertices, faces = [], []
        for i in range(around):
            out = u * math.cos(2 * math.pi * i / around) + w * math.sin(2 * math.pi * i / around)
            for j in range(section):
                turn = 2 * math.pi * j / section
                vertices.append(centre + out * (radius + thickness * math.cos(turn)) + axis * thickness * math.sin(turn))
        for i in range(around):
            for j in range(section):
                n, k = (i + 1) % around, (j + 1) % section
                faces.append((i * section + j, n * section + j, n * section + k, i * section + k))
        self.add(vertices, faces, material, True)

    def mesh(self, name):
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata(self.vertices, [], self.faces)
        for material in self.materials:
            mesh.materials.append(material)
        mesh.polygons.foreach_set("material_index", self.face_material)
        mesh.polygons.foreach_set("use_smooth", self.face_smooth)
        mesh.update()
        return mesh

    def place(self, name, at=(0, 0, 0), turn=0.0, bevel=0.0, scale=1.0, parent=None):
        thing = link(name, self.mesh(name))
        thing.location, thing.rotation_euler, thing.scale = at, (0, 0, turn), (scale,) * 3
        thing.parent = parent
        if bevel:
            modifier = thing.modifiers.new("bevel", "BEVEL")
            modifier.width, modifier.segments, modifier.limit_method = bevel, 2, "ANGLE"
            bake(thing)
        return thing


def link(name, data):
    thing = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def bake(thing):
    """Applies the object's modifiers once, instead of at every change of the scene."""
    thing.data = bpy.data.meshes.new_from_object(thing.evaluated_get(bpy.context.evaluated_depsgraph_get()))
    thing.modifiers.clear()


def tree_of(thing):
    """The object and everything parented below it."""
    return [thing, *thing.children_recursive]


def show(thing, visible):
    """Setting a flag makes Blender rebuild its dependency graph even when nothing changes, so compare first."""
    for part in tree_of(thing):
        if part.hide_render == visible:
            part.hide_render = not visible


@dataclass
class Instance:
    """A thing with truth. `also` names other instances whose pixels belong to this one's box too (a stall's canopy)."""
    id: int
    kind: str
    thing: object
    also: list = field(default_factory=list)


_instances = []


def instances():
    return _instances


def register(thing, kind, also=()):
    """Give the object (with its children) the next id, carried as its flat colour in the mask pass."""
    number = len(_instances) + 1
    assert number <= ID_MAX
    instance = Instance(number, kind, thing, list(also))
    _instances.append(instance)
    for part in tree_of(thing):
        part.color = (*(c / 255 for c in id_colour(number)), 1)
    return instance


def id_colour(number):
    """Two 4-bit halves in the middle of 16-level steps, and a check in blue: immune to rounding."""
    low, high = number % 16, number // 16
    return low * 16 + 8, high * 16 + 8, ((low * 7 + high * 3) % 16) * 16 + 8
