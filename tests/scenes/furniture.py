# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands on a pavement: bins, rubbish, stalls, parasols, and things that are none of these but look a little like them.

Truth: a bin's box has its lid and the heap in it; rubbish on the ground is its own `garbage_pile`; `umbrella` is the canopy
alone (its pole counts for the stall); a stall's box is table, goods, pole and canopy together.
"""
import math
import random

from materials import cardboard, plain, rubber, steel
from shapes import Shape, register, show

PAVEMENT_METRES = 0.15  # height of the pavement above the road
_BAG_COLOURS = [(.01, .01, .012), (.02, .02, .02), (.7, .7, .68), (.05, .09, .25), (.35, .05, .04), (.04, .2, .08), (.55, .3, .05)]
_LITTER_COLOURS = [(.8, .8, .78), (.7, .1, .1), (.1, .3, .7), (.7, .6, .1), (.5, .35, .2)]
_FRUIT_COLOURS = [(.7, .18, .02), (.55, .02, .02), (.65, .5, .04), (.12, .35, .03), (.3, .02, .15)]


def _bag(shape, rng, x, y, z, size):
    colour = _BAG_COLOURS[int(rng.random() ** 1.7 * len(_BAG_COLOURS))]
    skin = plain("bag", colour, .28, scale=9, bump=.9)
    shape.blob((x, y, z), (size, size * .9, size * .85), skin, 12, 9, .22, rng)
    shape.tube((x, y, z + size * .7), (x + .02, y, z + size * 1.15), .05, skin, .02, 6)


class Bin:
    """A wheeled bin. `heap` > 0 puts so many bags into it; `set_open` and `set_heap` change its state."""

    def __init__(self, x, y, turn, colour, lid_colour=None, lid_angle=0.0, heap=0, seed=0, scale=1.0, z=PAVEMENT_METRES):
        rng = random.Random(seed)
        body_paint = plain("bin", colour, .45, mottle=.12, scale=8, bump=.05)
        lid_paint = plain("binlid", lid_colour or colour, .45, mottle=.1, scale=8)
        body = Shape()
        body.box((0, 0, .56), (.52, .6, .86), body_paint, taper=1.14)
        body.box((0, 0, .97), (.64, .72, .05), body_paint)
        for side in (-1, 1):
            body.tube((-.22, side * .24, .11), (-.22, side * .33, .11), .11, rubber())
        body.tube((-.33, -.28, .98), (-.33, .28, .98), .02, body_paint)
        body.box((.3, 0, .6), (.015, .26, .2), plain("binlabel", (.75, .75, .72), .5))
        self.thing = body.place("bin", (x, y, z), turn, .015, scale)
        lid = Shape()
        lid.box((.34, 0, .02), (.70, .74, .045), lid_paint, taper=.96)
        lid.box((.34, 0, .05), (.5, .55, .03), lid_paint)
        self.lid = lid.place("lid", (-.33, 0, 1.0), bevel=.01, parent=self.thing)
        heap_shape = Shape()
        for i in range(heap):
            _bag(heap_shape, rng, rng.uniform(-.14, .14), rng.uniform(-.2, .2), 1.0 + .13 * (i // 2) + rng.uniform(0, .06), rng.uniform(.16, .24))
        if heap:
            heap_shape.box((.05, rng.uniform(-.15, .15), 1.06), (.4, .3, .22), cardboard(), rng.random() * 3)
        self.heap = heap_shape.place("heap", parent=self.thing) if heap else None
        self.instance = register(self.thing, "bin_overflowing" if heap else "bin")
        self.set_lid(lid_angle)

    def set_lid(self, angle):
        """Radians: 0 closed, about 1.9 thrown back."""
        if self.lid.rotation_euler.y != -angle:
            self.lid.rotation_euler = (0, -angle, 0)

    def set_overflowing(self, yes, lid_angle=1.75):
        """Shows the heap and throws the lid back, or hides it and shuts the lid; the truth's class follows."""
        self.set_lid(lid_angle if yes else 0.0)
        self.instance.kind = "bin_overflowing" if yes else "bin"
        show(self.heap, yes)


def garbage(x, y, bags, seed, spread=.55, boxes=None, z=PAVEMENT_METRES):
    """Bags, broken cartons and scraps on the ground."""
    rng, shape = random.Random(seed), Shape()
    for i in range(bags):
        size = .17 + .13 * rng.random()
        lift = .28 * rng.random() if i > bags * .5 else 0
        _bag(shape, rng, rng.gauss(0, spread * .5), rng.gauss(0, spread * .5), size * .75 + lift, size)
    for _ in range(bags // 2 if boxes is None else boxes):
        shape.box((rng.gauss(0, spread * .6), rng.gauss(0, spread * .6), .1), (.35 * rng.random() + .12, .3, .18 + .2 * rng.random()), cardboard(), rng.random() * 3)
    for _ in range(bags * 4):
        paper = plain("scrap", rng.choice(_LITTER_COLOURS), .7)
        shape.box((rng.gauss(0, spread * .7), rng.gauss(0, spread * .7), .012), (.05 + .1 * rng.random(), .05 + .08 * rng.random(), .02), paper, rng.random() * 3)
    thing = shape.place("garbage", (x, y, z))
    register(thing, "garbage_pile")
    return thing


def _fruit_table(rng, shape, goods):
    shape.box((0, 0, .72), (.8, 1.8, .035), plain("tabletop", (.3, .2, .12), .5, mottle=.2, scale=5))
    for sx in (-.35, .35):
        for sy in (-.8, .8):
            shape.tube((sx, sy, 0), (sx, sy * 1.1, .72), .015, steel(), sides=6)
    cloth = rng.choice([(.35, .03, .05), (.05, .12, .35), (.4, .35, .25), (.06, .25, .1), (.6, .55, .5)])
    shape.box((.41, 0, .52), (.01, 1.8, .4), plain("drape", cloth, .9, mottle=.15))
    for i in range(4):
        cy, crate = -.66 + i * .44, [(.05, .2, .4), (.3, .22, .12), (.1, .35, .15)][i % 3]
        goods.box((0, cy, .78), (.6, .38, .1), plain("crate", crate, .6))
        fruit = plain("fruit", rng.choice(_FRUIT_COLOURS), .35)
        for a in range(6):
            for b in range(4):
                goods.blob((-.24 + a * .095 + rng.uniform(-.01, .01), cy - .13 + b * .088, .85 + rng.uniform(0, .03)), (.045,) * 3, fruit, 8, 6)
    for i in range(4):
        goods.box((-.75 + rng.uniform(-.1, .1), -.7 + i * .45, .17), (.4, .36, .32), cardboard(), rng.uniform(-.3, .3))
        if i % 2:
            goods.box((-.75, -.7 + i * .45, .46), (.36, .32, .26), plain("foam", (.8, .8, .78), .7), rng.uniform(-.3, .3))
    goods.box((-.5, 1.25, .22), (.3, .3, .44), plain("stool", (.5, .05, .03), .4), .3, .85)


def _clothes_rack(rng, shape, goods):
    for sy in (-.9, .9):
        shape.tube((-.25, sy, 0), (0, sy, 1.6), .02, steel(), sides=6)
        shape.tube((.25, sy, 0), (0, sy, 1.6), .02, steel(), sides=6)
    shape.tube((0, -.95, 1.6), (0, .95, 1.6), .02, steel(), sides=6)
    for i in range(16):
        colour = (rng.random() ** 1.5 * .7, rng.random() ** 1.5 * .6, rng.random() ** 1.5 * .6)
        goods.box((0, -.85 + i * .112, 1.2 - rng.random() * .15), (.42, .05, .7), plain("garment", colour, .9), rng.uniform(-.2, .2), .8)


def _food_cart(rng, shape, goods):
    paint = plain("cart", (rng.random() * .6, rng.random() * .4, rng.random() * .5), .4, .1)
    shape.box((0, 0, .55), (.75, 1.5, .7), paint)
    for sx in (-.3, .3):
        for sy in (-.55, .55):
            shape.ring((sx, sy, .16), (1, 0, 0), .13, .03, rubber(), around=14)
    for sx in (-.34, .34):
        for sy in (-.7, .7):
            goods.tube((sx, sy, .9), (sx, sy, 1.9), .02, steel(), sides=6)
    goods.box((0, 0, 1.93), (.95, 1.7, .06), plain("cartroof", (rng.random() * .7, rng.random() * .3, rng.random() * .3), .6))
    goods.box((.36, 0, 1.7), (.03, 1.5, .3), plain("cartsign", (.65, .5, .1), .6))
    for i in range(3):
        goods.tube((0, -.45 + i * .45, .9), (0, -.45 + i * .45, 1.08), .15, steel())


def _ground_mat(rng, shape, goods):
    shape.box((0, 0, .012), (1.4, 2.0, .02), plain("mat", rng.choice([(.05, .12, .35), (.5, .1, .08), (.5, .48, .42), (.08, .25, .12)]), .9, mottle=.1))
    for i in range(5):
        for j in range(7):
            colour = rng.choice(_FRUIT_COLOURS + _LITTER_COLOURS)
            goods.box((-.5 + i * .25, -.8 + j * .27, .1), (.14 + .08 * rng.random(), .14 + .08 * rng.random(), .08 + .22 * rng.random()), plain("ware", colour, .6), rng.random() * 3)
    goods.box((-.95, 0, .22), (.3, .3, .44), plain("stool", (.5, .05, .03), .4), .3, .85)


STALL_KINDS = {"fruit": _fruit_table, "clothes": _clothes_rack, "cart": _food_cart, "mat": _ground_mat}


class Stall:
    """Frame, goods, pole and canopy are separate objects, so a set-up can show them one after the other.

    `frame` (table or cart) is the root; goods and pole are its children; the canopy has its own id (class `umbrella`).
    """

    def __init__(self, x, y, turn, seed=1, kind="fruit", parasol=True, colours=((.55, .03, .03), (.75, .72, .65)), radius=1.35, z=PAVEMENT_METRES):
        rng, frame, goods = random.Random(seed), Shape(), Shape()
        STALL_KINDS[kind](rng, frame, goods)
        self.frame = frame.place("stall", (x, y, z), turn)
        self.goods = goods.place("goods", parent=self.frame)
        self.pole = self.canopy = self.canopy_instance = None
        if parasol:
            pole = Shape()
            pole.tube((-.45, 0, 0), (-.45, 0, 2.66), .022, steel())
            pole.tube((-.45, 0, 0), (-.45, 0, .1), .25, plain("base", (.1, .1, .1), .9))
            self.pole = pole.place("pole", parent=self.frame)
            at = (x - .45 * math.cos(turn), y - .45 * math.sin(turn), z)
            self.canopy, self.canopy_instance = canopy(at, turn + .2, radius, colours)
        self.instance = register(self.frame, "stall", [self.canopy_instance.id] if parasol else [])


def canopy(at, turn, radius, colours, top=2.62, tilt=(.05, -.04), droop=.46):
    """A parasol's cloth: eight panels in two colours with a hanging edge; `droop` = fall of the edge by radius, more when half open."""
    shape, panels, rings = Shape(), 8, 6
    cloth, around = [plain("cloth", c, .8) for c in colours], 16
    vertices = []
    for j in range(rings + 1):
        for i in range(around):
            angle, odd = math.pi * i / panels, i % 2
            reach = radius * j / rings * (1 - .03 * odd)
            height = top - droop * radius * (j / rings) ** 1.5 + .05 * (j / rings) ** 2 * odd
            vertices.append((reach * math.cos(angle), reach * math.sin(angle), height))
    for i in range(around):
        panel = cloth[(i // 2) % 2]
        n = (i + 1) % around
        for j in range(rings):
            shape.add([vertices[j * around + i], vertices[j * around + n], vertices[(j + 1) * around + n], vertices[(j + 1) * around + i]], [(0, 3, 2, 1)], panel)
        a, b = vertices[rings * around + i], vertices[rings * around + n]
        hang = .1 * radius
        shape.add([a, b, (b[0], b[1], b[2] - hang), (a[0], a[1], a[2] - hang)], [(0, 1, 2, 3)], panel)
    thing = shape.place("canopy", at)
    thing.rotation_euler = (*tilt, turn)
    return thing, register(thing, "umbrella")


def hand_umbrella(x, y, z, colours, radius=.55):
    """An opened umbrella over a person's head; its handle belongs to no class."""
    handle = Shape()
    handle.tube((0, 0, 1.15), (0, 0, 1.98), .012, steel(), sides=6)
    handle.place("handle", (x, y, z))
    return canopy((x, y, z), 0.3, radius, colours, top=2.0, tilt=(.1, .05))[0]


def distractor(kind, x, y, turn, rng, z=PAVEMENT_METRES):
    """Street furniture without a class: planter, board, cabinet, cone, hydrant, letter box. No truth is registered."""
    shape = Shape()
    tint = plain("tint", (rng.random() * .6, rng.random() * .5, rng.random() * .5), .5, mottle=.1)
    if kind == "planter":
        shape.box((0, 0, .25), (.6, .6, .5), plain("pot", (.35, .3, .26), .8, mottle=.2), taper=1.15)
        leaf = plain("bush", (.03, .12, .03), .6, mottle=.4, scale=30, bump=1)
        for _ in range(7):
            shape.blob((rng.gauss(0, .13), rng.gauss(0, .13), .65 + rng.random() * .25), (.22, .22, .2), leaf, 10, 7, .5, rng)
    elif kind == "board":
        for side in (-1, 1):
            shape.box((side * .12, 0, .5), (.03, .6, 1.0), tint)
        shape.box((.14, 0, .55), (.005, .45, .6), plain("paper", (.75, .72, .6), .7))
    elif kind == "cabinet":
        shape.box((0, 0, .6), (.4, .8, 1.2), plain("cabinet", (.4, .42, .4), .5, .2, mottle=.1))
        shape.box((.2, 0, .7), (.01, .02, .9), rubber())
    elif kind == "cone":
        orange = plain("cone", (.7, .15, .02), .5)
        shape.box((0, 0, .02), (.36, .36, .04), rubber())
        shape.tube((0, 0, .03), (0, 0, .7), .14, orange, .03)
        shape.tube((0, 0, .32), (0, 0, .46), .105, plain("band", (.8, .8, .78), .4), .08)
    elif kind == "hydrant":
        red = plain("hydrant", (.5, .03, .02), .4)
        shape.tube((0, 0, 0), (0, 0, .6), .13, red)
        shape.blob((0, 0, .62), (.15, .15, .12), red)
        shape.tube((0, -.22, .42), (0, .22, .42), .06, red)
    else:
        shape.box((0, 0, .7), (.35, .45, .9), tint)
        shape.tube((0, 0, 0), (0, 0, .3), .05, steel())
    return shape.place(kind, (x, y, z), turn, .01)


DISTRACTORS = ("planter", "board", "cabinet", "cone", "hydrant", "letterbox")
