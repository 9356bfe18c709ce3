# SPDX-License-Identifier: GPL-3.0-or-later
"""What random things are made of: colours, surfaces, and the small parts (bags, boxes, fruit, bottles ...) that many designs share.

Every function takes its `rng` first and adds to a Shape in metres, z up.
"""
import colorsys
import math

import bpy

import materials
from materials import _empty, _math, _position, cardboard, plain, rubber, steel

LITTER = [(.8, .8, .78), (.7, .1, .1), (.1, .3, .7), (.7, .6, .1), (.5, .35, .2), (.05, .3, .1), (.85, .85, .9)]
FRUIT = [(.7, .18, .02), (.55, .02, .02), (.65, .5, .04), (.12, .35, .03), (.3, .02, .15), (.75, .35, .05), (.35, .5, .06), (.1, .02, .06), (.6, .45, .25)]
LEAF = [(.04, .16, .02), (.08, .25, .04), (.2, .35, .08), (.02, .09, .02), (.35, .4, .2)]
BAG = [(.008, .008, .01), (.015, .015, .017), (.02, .02, .022), (.75, .75, .73), (.6, .62, .6), (.04, .1, .35), (.1, .25, .5), (.35, .05, .04), (.04, .2, .08), (.6, .35, .04), (.45, .5, .1)]


def hue(rng, strong=(.3, .95), bright=(.15, .9)):
    """A linear colour of any hue."""
    return tuple(c ** 2.2 for c in colorsys.hsv_to_rgb(rng.random(), rng.uniform(*strong), rng.uniform(*bright)))


def grey(rng, low=.01, high=.75):
    value = low * (high / low) ** rng.random()
    return tuple(value * rng.uniform(.93, 1.07) for _ in range(3))


def paint(rng, greys=.35):
    return grey(rng) if rng.random() < greys else hue(rng)


def near(rng, colour, by=.25):
    return tuple(min(.9, max(.004, c * rng.uniform(1 - by, 1 + by))) for c in colour)


def coat(rng, colour=None, rough=None, metal=0.0):
    """A painted or plastic surface with its own wear."""
    return plain("coat", colour or paint(rng), rng.uniform(.25, .7) if rough is None else rough, metal, mottle=rng.uniform(.02, .3), scale=rng.choice([2, 5, 9, 20]), bump=rng.choice([0, 0, .05, .2]))


def metal(rng):
    return plain("metal", grey(rng, .15, .6), rng.uniform(.25, .6), rng.uniform(.6, 1), mottle=rng.uniform(0, .25), scale=rng.choice([3, 12, 40]))


def wood(rng, colour=None):
    return plain("wood", colour or rng.choice([(.3, .18, .09), (.45, .3, .16), (.2, .1, .05), (.5, .42, .32), (.25, .22, .19)]), .75, mottle=rng.uniform(.1, .35), scale=rng.choice([4, 9, 15]), bump=.2)


def concrete(rng):
    return plain("concrete", near(rng, (.38, .36, .33)), .9, mottle=.3, scale=rng.choice([6, 25, 60]), bump=.5)


def _masked(name, colours, mask):
    """A material of two colours told apart by `mask(tree, position)`."""
    material, tree, shader = _empty(name)
    colour = materials._mix(tree, mask(tree, _position(tree, False)), *colours)
    tree.links.new(colour, shader.inputs["Base Color"])
    shader.inputs["Roughness"].default_value = .75
    return material


def stripes(rng, colours, width=None, axis=None):
    width, axis = width or rng.uniform(.08, .35), rng.randrange(3) if axis is None else axis

    def mask(tree, position):
        split = tree.nodes.new("ShaderNodeSeparateXYZ")
        tree.links.new(position, split.inputs[0])
        return _math(tree, "GREATER_THAN", _math(tree, "FRACT", _math(tree, "MULTIPLY", split.outputs[axis], .5 / width), 0), .5)

    return _masked("stripes", colours, mask)


def dots(rng, colours, scale=None, share=None):
    """Round spots: perforated sheet, speckled cloth."""
    scale, share = scale or rng.uniform(8, 30), share or rng.uniform(.25, .4)

    def mask(tree, position):
        cells = tree.nodes.new("ShaderNodeTexVoronoi")
        cells.inputs["Scale"].default_value, cells.inputs["Randomness"].default_value = scale, rng.choice([0, .3, 1])
        tree.links.new(position, cells.inputs["Vector"])
        return _math(tree, "LESS_THAN", cells.outputs["Distance"], share)

    return _masked("dots", colours, mask)


def printed(rng, scale=None, colours=None):
    """Patches of three colours in angular cells: packaging, patterned cloth, posters."""
    material, tree, shader = _empty("printed")
    cells = tree.nodes.new("ShaderNodeTexVoronoi")
    cells.distance = rng.choice(["CHEBYCHEV", "MANHATTAN", "EUCLIDEAN"])
    cells.inputs["Scale"].default_value = scale or rng.uniform(3, 16)
    tree.links.new(_position(tree, False), cells.inputs["Vector"])
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    ramp.color_ramp.interpolation = "CONSTANT"
    picked = colours or [paint(rng) for _ in range(4)]
    for _ in picked[2:]:
        ramp.color_ramp.elements.new(.5)
    for i, (element, colour) in enumerate(zip(ramp.color_ramp.elements, picked)):
        element.position, element.color = i / len(picked), (*colour, 1)
    split = tree.nodes.new("ShaderNodeSeparateXYZ")
    tree.links.new(cells.outputs["Color"], split.inputs[0])
    tree.links.new(split.outputs[0], ramp.inputs["Fac"])
    tree.links.new(ramp.outputs[0], shader.inputs["Base Color"])
    shader.inputs["Roughness"].default_value = rng.uniform(.3, .9)
    return material


def glass():
    return plain("glass", (.02, .024, .027), .06)


def cloth(rng, colour=None):
    """Tarpaulin, drape or awning: plain, striped, speckled or printed."""
    first = colour or paint(rng, .2)
    kind = rng.random()
    if kind < .6:
        return plain("cloth", first, .85, mottle=rng.uniform(.03, .2), scale=rng.choice([2, 6]), bump=.3)
    if kind < .85:
        return stripes(rng, (first, (.75, .73, .68) if rng.random() < .6 else paint(rng)))
    return printed(rng) if kind < .93 else dots(rng, (first, paint(rng)))


def bag(rng, shape, x, y, z, size, colour=None):
    """A tied sack that lies or stands on `z`."""
    colour = colour or BAG[int(rng.random() ** 1.4 * len(BAG))]
    skin = plain("bag", near(rng, colour, .1), rng.uniform(.2, .5), scale=rng.choice([6, 9, 14]), bump=.9)
    flat, lean = rng.uniform(.6, 1.15), rng.uniform(-.3, .3)
    high = size * flat
    shape.blob((x, y, z + high * .88), (size * rng.uniform(.85, 1.15), size * rng.uniform(.8, 1.1), high), skin, 12, 9, .26, rng)
    if rng.random() < .8:
        top = z + high * 1.75
        shape.tube((x, y, top - .06), (x + lean * size, y + rng.uniform(-.2, .2) * size, top + size * rng.uniform(.15, .4)), size * .1, skin, size * rng.uniform(.15, .4), 7)


def carton(rng, shape, x, y, z, size=None, turn=None):
    """A box on `z`, shut or with its flaps up; returns its height."""
    sx, sy, sz = size or (rng.uniform(.18, .55), rng.uniform(.18, .45), rng.uniform(.1, .45))
    turn = rng.uniform(0, 3.1) if turn is None else turn
    skin = cardboard() if rng.random() < .7 else plain("carton", near(rng, rng.choice([(.5, .36, .2), (.75, .74, .7), (.2, .3, .5)])), .8, mottle=.1)
    shape.box((x, y, z + sz / 2), (sx, sy, sz), skin, turn)
    if rng.random() < .4:
        shape.box((x, y, z + sz + .002), (sx * .96, .05, .004), plain("tape", (.5, .4, .25), .3), turn)
    elif rng.random() < .5:
        shape.box((x + sx * .5 * math.cos(turn), y + sx * .5 * math.sin(turn), z + sz + .06), (.015, sy, .13), skin, turn)
    return sz


def crate(rng, shape, x, y, z, sx, sy, sz=.16, colour=None, turn=0.0):
    """An open crate: four slatted sides and a floor."""
    skin = coat(rng, colour, .6) if rng.random() < .6 else wood(rng)
    shape.box((x, y, z + .012), (sx, sy, .02), skin, turn)
    cos, sin = math.cos(turn), math.sin(turn)
    for side in (-1, 1):
        for dx, dy, size in ((side * sx / 2, 0, (.018, sy, sz)), (0, side * sy / 2, (sx, .018, sz))):
            shape.box((x + dx * cos - dy * sin, y + dx * sin + dy * cos, z + sz / 2), size, skin, turn)


def heap_of_fruit(rng, shape, x, y, z, sx, sy, colour=None, size=None):
    size = size or rng.choice([.028, .038, .045, .045, .06])
    base = colour or rng.choice(FRUIT)
    skins = [plain("fruit", near(rng, base, .2), .4) for _ in range(2)]
    shape.box((x, y, z + .02), (sx, sy, .04), skins[0])
    step = max(size * 1.75, math.sqrt(sx * sy / 70))
    for i in range(max(1, int(sx / step))):
        for j in range(max(1, int(sy / step))):
            px, py = -sx / 2 + (i + .5) * step, -sy / 2 + (j + .5) * step
            rise = .09 * (1 - (2 * px / sx) ** 2) * (1 - (2 * py / sy) ** 2)
            shape.blob((x + px + rng.uniform(-.01, .01), y + py + rng.uniform(-.01, .01), z + .04 + rise), (step * .56,) * 3, rng.choice(skins), 7, 5)


def greens(rng, shape, x, y, z, sx, sy):
    skin = plain("leaf", near(rng, rng.choice(LEAF), .3), .6, mottle=.4, scale=40, bump=1)
    for _ in range(max(2, min(14, int(sx * sy / .012)))):
        size = rng.uniform(.05, .1)
        shape.blob((x + rng.uniform(-.45, .45) * sx, y + rng.uniform(-.45, .45) * sy, z + size * .7), (size, size * rng.uniform(.6, 1.6), size * .8), skin, 8, 6, .5, rng)


def bush(rng, shape, x, y, z, size, flowers=None):
    """Leaves, and perhaps blossoms, that rise from (x, y, z)."""
    skin = plain("bush", near(rng, rng.choice(LEAF), .3), .6, mottle=.4, scale=30, bump=1)
    for _ in range(rng.randint(4, 8)):
        r = size * rng.uniform(.3, .5)
        shape.blob((x + rng.gauss(0, .25) * size, y + rng.gauss(0, .25) * size, z + size * rng.uniform(.2, .8)), (r, r, r * rng.uniform(.8, 1.5)), skin, 9, 7, .5, rng)
    if flowers:
        petals = plain("petal", flowers, .6)
        for _ in range(rng.randint(6, 16)):
            turn, reach = rng.uniform(0, 6.3), size * rng.uniform(.1, .5)
            shape.blob((x + reach * math.cos(turn), y + reach * math.sin(turn), z + size * rng.uniform(.7, 1.15)), (.035 + .02 * size,) * 3, petals, 7, 5, .3, rng)


def wheel(rng, shape, x, y, radius, width=.05, spokes=0, across=(0, 1, 0)):
    end = [c * width / 2 for c in across]
    centre = (x, y, radius)
    if spokes:
        shape.ring(centre, across, radius * .9, radius * .1, rubber(), 18)
        for i in range(spokes):
            turn = math.pi * 2 * i / spokes
            out = (math.cos(turn), 0) if across[1] else (0, math.cos(turn))
            shape.tube(centre, (x + out[0] * radius * .88, y + out[1] * radius * .88, radius + math.sin(turn) * radius * .88), .008, steel(), sides=4)
    else:
        shape.tube(tuple(c - e for c, e in zip(centre, end)), tuple(c + e for c, e in zip(centre, end)), radius, rubber(), sides=16)
        shape.tube(tuple(c - 1.1 * e for c, e in zip(centre, end)), tuple(c + 1.1 * e for c, e in zip(centre, end)), radius * .5, coat(rng), sides=10)


def lettering(rng, shape, x, y, z, wide, high, facing=1, back=None, ink=None):
    """A sign in the plane x = const with rows of strokes that read as writing from afar."""
    board, ink = plain("board", back or paint(rng, .3), .5), plain("ink", ink or paint(rng, .5), .5)
    shape.box((x, y, z), (.015, wide, high), board)
    rows = rng.choice([1, 1, 2, 3])
    for row in range(rows):
        at, tall = -wide * .42, high / rows * .6
        level = z + high * ((row + .5) / rows - .5)
        while at < wide * .4:
            glyph = min(tall * rng.uniform(.5, 1), wide * .42 - at)
            for _ in range(rng.randint(2, 4)):
                across = rng.random() < .5
                shape.box((x + facing * .01, y + at + glyph * rng.uniform(.1, .9), level + tall * rng.uniform(-.45, .45)), (.004, glyph * .8 if across else tall * .14, tall * .14 if across else tall * .8), ink)
            at += glyph * 1.3 + .01


def outline(deep, wide, power, n=28):
    """A superellipse: 2 is an ellipse, 8 nearly a rectangle."""
    points = []
    for i in range(n):
        turn = 2 * math.pi * (i + .5) / n
        c, s = math.cos(turn), math.sin(turn)
        points.append((deep / 2 * math.copysign(abs(c) ** (2 / power), c), wide / 2 * math.copysign(abs(s) ** (2 / power), s)))
    return points


def tub(shape, low, high, z0, z1, skin, inside=None, wall=.03, depth=.3):
    """A body between two outlines; with `inside` it is open at the top, down to `depth` below the rim."""
    n = len(low)
    rings = [[(*p, z0) for p in low], [(*p, z1) for p in high]]
    shape.add(rings[0], [tuple(reversed(range(n)))], skin)
    shape.add(rings[0] + rings[1], [(i, (i + 1) % n, n + (i + 1) % n, n + i) for i in range(n)], skin, n > 12)
    if inside is None:
        shape.add(rings[1], [tuple(range(n))], skin)
        return
    reach = max(abs(p[0]) for p in high), max(abs(p[1]) for p in high)
    inner = [(x * (1 - wall / reach[0]), y * (1 - wall / reach[1])) for x, y in high]
    shape.add(rings[1] + [(*p, z1) for p in inner], [(i, (i + 1) % n, n + (i + 1) % n, n + i) for i in range(n)], skin)
    floor = [(x * .93, y * .93, z1 - depth) for x, y in inner]
    shape.add([(*p, z1) for p in inner] + floor, [(i, (i + 1) % n, n + (i + 1) % n, n + i) for i in range(n)], inside, True)
    shape.add(floor, [tuple(range(n))], inside)


def hollow():
    return plain("hollow", (.02, .02, .022), .9)


def purge():
    """Frees what the last thing was made of; meshes with a fake user (people) stay."""
    materials.forget()
    for held in (bpy.data.meshes, bpy.data.materials, bpy.data.lights):
        bpy.data.batch_remove([item for item in held if not item.users and not item.use_fake_user])
