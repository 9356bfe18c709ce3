# SPDX-License-Identifier: GPL-3.0-or-later
"""Cars, buses, trucks, tricycles, e-bikes, bicycles. Each faces +x before its turn and stands on z = 0 of its own space."""
import math
import random

import bmesh

from materials import cardboard, plain, rubber, steel
from shapes import Shape, bake, link, register

# Cross-sections along x: (x, waist height, roof height, half width of the roof).
_BODIES = {
    "sedan": ([(-2.3, .62, .66, .66), (-2.22, .90, .94, .70), (-1.65, .95, 1.0, .74), (-1.0, .95, 1.38, .58), (-.2, .93, 1.45, .60),
               (.45, .91, 1.40, .59), (1.2, .89, .95, .74), (2.0, .78, .83, .72), (2.26, .62, .66, .66), (2.34, .46, .5, .6)], (2, 6)),
    "suv": ([(-2.2, .75, .8, .7), (-2.15, 1.05, 1.15, .68), (-1.9, 1.08, 1.55, .62), (-1.0, 1.06, 1.68, .64), (-.2, 1.05, 1.70, .65),
             (.45, 1.03, 1.63, .63), (1.15, 1.0, 1.08, .76), (2.0, .92, .97, .74), (2.22, .75, .8, .7), (2.3, .5, .55, .62)], (1, 6)),
    "van": ([(-2.3, .8, .9, .74), (-2.28, 1.1, 1.8, .72), (-2.1, 1.12, 1.93, .74), (-1.0, 1.12, 1.97, .75), (0, 1.12, 1.97, .75),
             (1.0, 1.1, 1.9, .73), (1.75, 1.05, 1.12, .78), (2.1, .95, 1.0, .76), (2.25, .75, .8, .72), (2.3, .5, .55, .66)], (2, 6)),
}


def _weld(mesh):
    work = bmesh.new()
    work.from_mesh(mesh)
    bmesh.ops.remove_doubles(work, verts=work.verts, dist=.001)
    bmesh.ops.recalc_face_normals(work, faces=work.faces)
    work.to_mesh(mesh)
    work.free()


def _wheel(shape, x, y, radius, width):
    side = 1 if y > 0 else -1
    shape.tube((x, y - side * width, radius), (x, y, radius), radius, rubber(), sides=22)
    shape.tube((x, y - side * width / 2, radius), (x, y + side * .012, radius), radius * .62, plain("alloy", (.5, .5, .52), .3, .9), sides=10, smooth=False)


def car(x, y, turn, colour, body="sedan", lit=False):
    """`lit` switches head and tail lamps on."""
    paint = plain("paint", colour, .25, .3, coat=1)
    glass = plain("glass", (.012, .015, .018), .06)
    sections, (first_window, last_window) = _BODIES[body]
    rings = []
    for sx, waist, roof, half in sections:
        edge = .80 if abs(sx) > 2.1 else .88
        rings.append([(sx, -edge * .9, .22), (sx, -edge, .45), (sx, -edge, waist), (sx, -half, roof), (sx, 0, roof + .03),
                      (sx, half, roof), (sx, edge, waist), (sx, edge, .45), (sx, edge * .9, .22)])
    shell = Shape()
    for i, (back, front) in enumerate(zip(rings, rings[1:])):
        for j in range(8):
            side_window = first_window <= i < last_window and j in (2, 5)
            screens = (last_window - 1,) if body == "van" else (first_window, last_window - 1)
            screen = i in screens and j in (3, 4)
            shell.add([back[j], back[j + 1], front[j + 1], front[j]], [(0, 3, 2, 1)], glass if side_window or screen else paint, True)
        shell.add([back[0], back[8], front[8], front[0]], [(0, 1, 2, 3)], rubber())
    shell.add(rings[0], [tuple(range(9))], paint)
    shell.add(rings[-1], [tuple(reversed(range(9)))], paint)
    mesh = shell.mesh("car")
    _weld(mesh)
    thing = link("car", mesh)
    smooth = thing.modifiers.new("smooth", "SUBSURF")
    smooth.levels = smooth.render_levels = 2
    bake(thing)

    parts = Shape()
    arch = plain("arch", (.006, .006, .006), .95)
    for wx in (-1.4, 1.42):
        for side in (-1, 1):
            parts.tube((wx, side * .70, .32), (wx, side * .885, .32), .40, arch, sides=20)
            _wheel(parts, wx, side * .895, .325, .2)
    for side in (-1, 1):
        parts.box((2.17, side * .6, .66), (.2, .34, .14), plain("headlamp_lit", (.9, .88, .75), .1, emit=12) if lit else plain("headlamp", (.8, .85, .9), .1))
        parts.box((-2.2, side * .62, .85), (.14, .32, .16), plain("taillamp_lit", (.6, .01, .01), .2, emit=4) if lit else plain("taillamp", (.45, .01, .01), .2, emit=.4))
        parts.box((.95, side * .98, .98), (.12, .2, .14), paint)
    plate = plain("plate", (.02, .06, .5), .4)
    parts.box((2.33, 0, .45), (.03, 1.3, .22), rubber())
    parts.box((2.35, 0, .52), (.02, .44, .14), plate)
    parts.box((-2.32, 0, .55), (.02, .44, .14), plate)
    parts.box((0, 0, .25), (3.9, 1.5, .2), rubber())
    parts.place("car_parts", parent=thing)
    thing.location, thing.rotation_euler = (x, y, 0), (0, 0, turn)
    register(thing, "car")
    return thing


def bus(x, y, turn, colour):
    shape = Shape()
    paint, glass = plain("paint", colour, .3, .1, coat=.6), plain("glass", (.012, .015, .018), .06)
    shape.box((0, 0, 1.65), (10.5, 2.5, 2.7), paint)
    shape.box((0, 0, 2.05), (9.9, 2.53, 1.0), glass)
    shape.box((5.24, 0, 1.95), (.06, 2.3, 1.5), glass)
    shape.box((5.26, 0, 2.8), (.06, 1.6, .26), plain("destination", (.9, .45, .05), .5, emit=.6))
    shape.box((0, 0, .9), (10.52, 2.52, .12), plain("trim", (.75, .75, .73), .5))
    for wx in (-3.1, 3.3):
        for side in (-1, 1):
            _wheel(shape, wx, side * 1.27, .48, .3)
    thing = shape.place("bus", (x, y, 0), turn, bevel=.06)
    register(thing, "bus")
    return thing


def truck(x, y, turn, colour, load_colour):
    shape = Shape()
    paint, glass = plain("paint", colour, .3, .1, coat=.6), plain("glass", (.012, .015, .018), .06)
    shape.box((2.1, 0, 1.25), (1.5, 1.9, 1.7), paint, taper=.94)
    shape.box((2.78, 0, 1.55), (.12, 1.7, .7), glass)
    shape.box((2.2, 0, 1.6), (.9, 1.87, .5), glass)
    shape.box((-.7, 0, 1.65), (4.0, 2.05, 2.1), plain("load", load_colour, .6, mottle=.08))
    shape.box((.3, 0, .5), (5.4, .9, .2), rubber())
    for wx in (-1.8, 2.0):
        for side in (-1, 1):
            _wheel(shape, wx, side * .98, .4, .26)
    thing = shape.place("truck", (x, y, 0), turn, bevel=.03)
    register(thing, "truck")
    return thing


def tricycle(x, y, turn, z=0.0, colour=(.02, .09, .28), load=5, canopy=None, seed=4):
    """A cargo tricycle; `load` boxes in its bed (the child object "load"); `canopy` = colour of a rain roof, or None."""
    shape, cargo, rng = Shape(), Shape(), random.Random(seed)
    paint = plain("trike", colour, .5, .2, mottle=.15)
    for wx, wy in ((-.85, .42), (-.85, -.42), (.95, 0)):
        shape.ring((wx, wy, .28), (0, 1, 0), .25, .035, rubber())
        shape.tube((wx, wy - .04, .28), (wx, wy + .04, .28), .06, steel())
        for spoke in range(6):
            shape.tube((wx, wy, .28), (wx + .23 * math.cos(spoke * 1.047), wy, .28 + .23 * math.sin(spoke * 1.047)), .008, steel(), sides=4)
    shape.box((-.75, 0, .56), (1.3, .95, .05), paint)
    for side in (-1, 1):
        shape.box((-.75, side * .47, .72), (1.3, .03, .3), paint)
    for bx in (-1.4, -.1):
        shape.box((bx, 0, .72), (.03, .95, .3), paint)
    for start, end in (((-.1, 0, .5), (.7, 0, .55)), ((.7, 0, .55), (.85, 0, .95)), ((.95, 0, .28), (.82, 0, 1.0)),
                       ((.80, -.3, 1.05), (.80, .3, 1.05)), ((.3, 0, .52), (.3, 0, .78))):
        shape.tube(start, end, .025, paint)
    shape.box((.28, 0, .82), (.34, .26, .08), rubber())
    for i in range(load):
        goods = rng.choice([cardboard(), cardboard(), plain("foam", (.8, .8, .78), .7), plain("sack", (.45, .4, .28), .9, mottle=.1)])
        cargo.box((-1.2 + (i % 5) * .22, rng.uniform(-.2, .2), .74 + .24 * (i // 5)), (.2, .5, .27), goods, rng.uniform(-.1, .1))
    if canopy:
        roof = plain("canopy", canopy, .7)
        shape.box((.35, 0, 1.85), (1.5, .95, .04), roof)
        for side in (-.4, .4):
            shape.tube((-.1, side, .85), (-.1, side, 1.85), .018, steel(), sides=6)
            shape.tube((.85, side * .7, 1.0), (.95, side, 1.85), .018, steel(), sides=6)
    thing = shape.place("tricycle", (x, y, z), turn)
    if load:
        cargo.place("load", parent=thing)
    register(thing, "tricycle")
    return thing


def ebike(x, y, turn, colour, z=0.0):
    shape = Shape()
    paint = plain("ebike", colour, .3, .2)
    for wx in (-.55, .6):
        shape.ring((wx, 0, .26), (0, 1, 0), .21, .055, rubber())
        shape.tube((wx, -.03, .26), (wx, .03, .26), .1, steel())
    shape.box((-.4, 0, .55), (.7, .26, .28), paint, taper=.8)
    shape.box((-.3, 0, .75), (.75, .27, .1), rubber())
    shape.box((.1, 0, .34), (.5, .28, .1), paint)
    shape.box((.5, 0, .6), (.12, .3, .5), paint)
    shape.box((.55, 0, .92), (.12, .2, .16), paint)
    shape.tube((.62, 0, .3), (.45, 0, 1.0), .035, paint)
    shape.tube((.45, -.3, 1.02), (.45, .3, 1.02), .02, rubber())
    shape.tube((-.1, .1, .3), (-.15, .28, 0), .012, steel())
    for side in (-1, 1):
        shape.box((.42, side * .28, 1.12), (.02, .12, .08), rubber())
    thing = shape.place("ebike", (x, y, z), turn, bevel=.02)
    register(thing, "motorcycle")
    return thing


def bicycle(x, y, turn, colour, z=0.0):
    shape = Shape()
    paint = plain("cycle", colour, .35, .2)
    for wx in (-.52, .52):
        shape.ring((wx, 0, .33), (0, 1, 0), .31, .02, rubber(), around=24)
        for spoke in range(8):
            shape.tube((wx, 0, .33), (wx + .3 * math.cos(spoke * .785), 0, .33 + .3 * math.sin(spoke * .785)), .004, steel(), sides=4)
    for start, end in (((-.52, 0, .33), (-.1, 0, .3)), ((-.1, 0, .3), (-.2, 0, .82)), ((-.52, 0, .33), (-.18, 0, .72)), ((-.1, 0, .3), (.38, 0, .75)),
                       ((-.18, 0, .72), (.38, 0, .78)), ((.52, 0, .33), (.36, 0, .98)), ((.34, -.28, 1.0), (.34, .28, 1.0))):
        shape.tube(start, end, .022, paint, sides=8)
    shape.box((-.22, 0, .86), (.26, .14, .06), rubber())
    shape.box((.62, 0, .8), (.26, .3, .2), steel())
    thing = shape.place("bicycle", (x, y, z), turn)
    register(thing, "bicycle")
    return thing
