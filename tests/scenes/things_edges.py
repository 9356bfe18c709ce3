# SPDX-License-Identifier: GPL-3.0-or-later
"""Random pieces of a roadside's edge, upright and mostly dark, which a detector takes for bins: fences, foliage, trunks, walls, posts. None has a
box. Fronts face +x; a run of something goes along y.
"""
import math

from materials import bricks, plain, rubber
from shapes import Shape
from things_looks import coat, concrete, glass, grey, hue, lettering, metal, near, paint, printed, stripes, wood

DARK_LEAF = [(.012, .03, .008), (.02, .05, .012), (.03, .08, .015), (.008, .018, .006), (.05, .09, .03), (.04, .06, .01), (.07, .05, .015)]
IRON = [(.012, .012, .013), (.02, .02, .022), (.01, .04, .02), (.015, .07, .03), (.05, .025, .012), (.03, .035, .045), (.12, .12, .12), (.02, .04, .1), (.45, .45, .43)]
STONE = [(.38, .36, .33), (.2, .19, .18), (.1, .1, .095), (.45, .4, .3), (.28, .2, .15)]
BARK = [(.06, .045, .03), (.03, .024, .018), (.12, .1, .08), (.2, .18, .15), (.09, .06, .04)]
BRICK = [(.25, .07, .04), (.14, .05, .035), (.3, .2, .12), (.12, .12, .12)]


def edge(rng):
    """Builds one; nothing is registered, so it has no box."""
    kind, shape = rng.choice(sorted(_EDGES)), Shape()
    _EDGES[kind](rng, shape)
    shape.place(kind)
    return kind


def _iron(rng):
    return coat(rng, near(rng, rng.choice(IRON)), rng.uniform(.3, .75))


def _masonry(rng):
    kind = rng.random()
    if kind < .3:
        return bricks("masonry", near(rng, rng.choice(BRICK)), grey(rng, .08, .4), rng.uniform(2.2, 4), True)
    if kind < .8:
        return plain("stone", near(rng, rng.choice(STONE)), .9, mottle=rng.uniform(.15, .45), scale=rng.choice([4, 9, 25]), bump=rng.choice([.2, .6, 1]))
    return coat(rng, rng.choice([grey(rng, .3, .75), near(rng, (.6, .5, .35)), hue(rng, (.1, .5))]), .9)


def _void(rng):
    """What a dark opening ends in."""
    return plain("void", grey(rng, .003, .03), .9)


def _leaves(rng, s, core, size, gaps=0.0):
    """Small quads on and in ellipsoids `core` = [(centre, radii)] over dark kernels; `gaps` of the kernels is left out, for light to fall through."""
    base = rng.choice(DARK_LEAF)
    skins = [plain("leaf", near(rng, tuple(c * k for c in base), .3), rng.uniform(.4, .8)) for k in (.6, 1, 1.6)]
    kernel = plain("kernel", tuple(c * rng.uniform(.25, .6) for c in base), .95, mottle=.4, scale=12, bump=1)
    quads = {0: ([], []), 1: ([], []), 2: ([], [])}
    for (x, y, z), (a, b, c) in core:
        if rng.random() >= gaps:
            s.blob((x, y, z), (a * .86, b * .86, c * .86), kernel, 9, 7, .3, rng)
        area = 4 * math.pi * ((a * b) ** 1.6 / 3 + (a * c) ** 1.6 / 3 + (b * c) ** 1.6 / 3) ** (1 / 1.6)
        for _ in range(min(1400, int(area / size ** 2 * rng.uniform(.9, 1.6)))):
            turn, up, out = rng.uniform(0, 2 * math.pi), rng.uniform(-1, 1), rng.uniform(.82, 1.1)
            flat = math.sqrt(1 - up * up)
            at = x + a * out * flat * math.cos(turn), y + b * out * flat * math.sin(turn), z + c * out * up
            if at[2] < 0:
                continue
            u, v = ([rng.gauss(0, 1) for _ in range(3)] for _ in range(2))
            ku, kv = (size * rng.uniform(.35, .8) / (math.sqrt(sum(n * n for n in w)) + 1e-6) for w in (u, v))
            vertices, faces = quads[rng.randrange(3)]
            first = len(vertices)
            vertices += [tuple(p + i * ku * m + j * kv * n for p, m, n in zip(at, u, v)) for i, j in ((-1, 0), (0, -1), (1, 0), (0, 1))]
            faces.append((first, first + 1, first + 2, first + 3))
    for i, (vertices, faces) in quads.items():
        s.add(vertices, faces, skins[i])


def _foliage(rng, s, x, wide, high, deep=.5):
    """A loose row of shrubs along y, centred on (x, 0)."""
    n = max(1, round(wide / rng.uniform(.5, .9)))
    core = []
    for i in range(n):
        y, tall = wide * ((i + .5) / n - .5), high * rng.uniform(.65, 1.1)
        core.append(((x + rng.uniform(-.1, .1), y, tall * .48), (deep * rng.uniform(.6, 1), wide / n * rng.uniform(.5, .75), tall * .5)))
        if rng.random() < .5:
            core.append(((x, y + rng.uniform(-.3, .3), tall * rng.uniform(.5, .9)), (deep * .6, wide / n * .4, tall * .3)))
    _leaves(rng, s, core, rng.uniform(.07, .14), rng.choice([0, .1, .4]))


def _behind(rng, s, wide, high):
    if rng.random() < .6:
        _foliage(rng, s, -rng.uniform(.45, .9), wide * rng.uniform(.5, 1), high * rng.uniform(.6, 1.4))


def _bars(rng, s, y0, y1, low, high, skin):
    """Rails and upright bars between two posts."""
    gap, r, sides = rng.uniform(.09, .17), rng.uniform(.007, .016), rng.choice([4, 6])
    for z in [low, high - rng.choice([.03, .15, .2])] + ([(low + high) * rng.uniform(.4, .6)] if rng.random() < .3 else []):
        s.box((0, (y0 + y1) / 2, z), (.035, y1 - y0, .04), skin)
    n, tip = max(1, round((y1 - y0) / gap)), rng.random()
    for i in range(n):
        y = y0 + (y1 - y0) * (i + .5) / n
        s.tube((0, y, low), (0, y, high), r, skin, sides=sides)
        if tip < .4:
            s.tube((0, y, high), (0, y, high + .09), r * 2, skin, .001, 5)


def railing(rng, s):
    skin, high, panel, n = _iron(rng), rng.choice([rng.uniform(.7, 1.2), rng.uniform(1.2, 2.4)]), rng.uniform(1, 2.2), rng.randint(1, 3)
    wide, low = panel * n, rng.uniform(.05, .2)
    plinth = rng.choice([.01, .01, rng.uniform(.1, .4)])
    s.box((0, 0, plinth / 2), (.25, wide + .2, plinth), _masonry(rng))
    post = rng.uniform(.02, .06)
    for i in range(n + 1):
        y = panel * i - wide / 2
        s.box((0, y, (plinth + high + .08) / 2), (post * 2, post * 2, high + .08 - plinth), skin)
        if rng.random() < .5:
            s.blob((0, y, high + .1), (post * 1.3,) * 3, skin)
    for i in range(n):
        _bars(rng, s, panel * i - wide / 2, panel * (i + 1) - wide / 2, plinth + low, high, skin)
    _behind(rng, s, wide, high)


def lattice_fence(rng, s):
    """Wire mesh, slanted or square, between posts."""
    skin, high, wide, step = rng.choice([_iron, metal])(rng), rng.uniform(1, 2.4), rng.uniform(1.2, 4), rng.uniform(.1, .2)
    r, slant = rng.uniform(.004, .009), rng.random() < .6
    for sy in (-1, 0, 1) if wide > 2.2 else (-1, 1):
        s.tube((0, sy * wide / 2, 0), (0, sy * wide / 2, high + .05), rng.uniform(.025, .05), skin)
    for z in (.08, high):
        s.tube((0, -wide / 2, z), (0, wide / 2, z), max(r, .018), skin, sides=6)
    reach = high - .08
    if slant:
        for i in range(int((wide + reach) / step)):
            for way in (-1, 1):
                a = i * step - reach  # the wire goes from (a, 0) up to (a + reach, reach), clipped to the panel
                t0, t1 = max(0, -a), min(reach, wide - a)
                if t1 - t0 > .02:
                    s.tube((0, way * (a + t0 - wide / 2), .08 + t0), (0, way * (a + t1 - wide / 2), .08 + t1), r, skin, sides=3)
    else:
        for i in range(int(wide / step)):
            s.tube((0, i * step - wide / 2, .08), (0, i * step - wide / 2, high), r, skin, sides=3)
        for i in range(int(reach / (step * rng.choice([1, 1.7])))):
            s.tube((0, -wide / 2, .08 + i * step), (0, wide / 2, .08 + i * step), r, skin, sides=3)
    _behind(rng, s, wide, high)


def _pillar(rng, s, y, wide, high, skin, cap):
    s.box((0, y, high / 2), (wide, wide, high), skin, 0, rng.choice([1, 1, .94]))
    s.box((0, y, high + .04), (wide * 1.2, wide * 1.2, .08), cap)
    top = rng.random()
    if top < .3:
        s.blob((0, y, high + .08 + wide * .35), (wide * .4,) * 3, cap, 14, 9)
    elif top < .6:
        s.box((0, y, high + .08 + wide * .15), (wide * 1.1, wide * 1.1, wide * .3), cap, 0, .05)
    if rng.random() < .4:
        s.box((0, y, .1), (wide * 1.15, wide * 1.15, .2), cap)


def pillar_fence(rng, s):
    """Brick or concrete pillars with a wall, bars or slabs between."""
    skin, cap, n, bay, thick, high = _masonry(rng), _masonry(rng), rng.randint(1, 3), rng.uniform(1.3, 2.4), rng.uniform(.25, .5), rng.uniform(.9, 2.3)
    fill, wall, iron = rng.random(), _masonry(rng) if rng.random() < .5 else skin, _iron(rng)
    base = rng.uniform(.2, .5) * high if fill < .7 else high * rng.uniform(.75, .95)
    for i in range(n + 1):
        _pillar(rng, s, bay * (i - n / 2), thick, high, skin, cap)
    for i in range(n):
        y0, y1 = bay * (i - n / 2) + thick / 2, bay * (i + 1 - n / 2) - thick / 2
        s.box((0, (y0 + y1) / 2, base / 2), (thick * .6, y1 - y0, base), wall)
        if fill < .5:
            _bars(rng, s, y0, y1, base + .05, high * .95, iron)
        elif fill < .7:
            for k in range(rng.randint(1, 3)):
                s.box((0, (y0 + y1) / 2, base + (high - base) * (k + .6) / 3.4), (.08, y1 - y0, .12), wall)
        else:
            s.box((0, (y0 + y1) / 2, base + .03), (thick * .8, y1 - y0, .06), cap)
    _behind(rng, s, bay * n, high * 1.1)


def wooden_fence(rng, s):
    skin, wide, high, kind = wood(rng, near(rng, rng.choice([(.05, .03, .02), (.12, .07, .04), (.25, .2, .15), (.3, .18, .09), (.04, .08, .04), (.6, .6, .57)]))), rng.uniform(1.2, 4.5), rng.uniform(.8, 2), rng.random()
    posts = max(2, round(wide / 1.6) + 1)
    for i in range(posts):
        s.box((-.05, wide * (i / (posts - 1) - .5), high / 2), (.09, .09, high), skin)
    if kind < .35:  # rails
        for k in range(rng.randint(2, 4)):
            s.box((.01, 0, high * (.3 + .2 * k)), (.03, wide, .11), skin)
    elif kind < .7:  # pickets
        n = int(wide / rng.uniform(.13, .2))
        for z in (.25, high * .8):
            s.box((-.02, 0, z), (.04, wide, .07), skin)
        for i in range(n):
            y, tall = wide * ((i + .5) / n - .5), high * rng.uniform(.97, 1.03)
            s.box((.01, y, tall / 2 + .04), (.02, .085, tall), skin)
            s.box((.01, y, tall + .08), (.02, .085, .08), skin, 0, .1)
    else:  # boards close together, some lost
        n = int(wide / .14)
        for i in range(n):
            if rng.random() > .06:
                s.box((.01, wide * ((i + .5) / n - .5), high / 2), (.022, .132, high * rng.uniform(.96, 1)), skin, rng.gauss(0, .02))
    _behind(rng, s, wide, high)


def hedge(rng, s):
    """A clipped block of leaves, ragged, its end bare or with stems below, and holes in it."""
    wide, high, deep, leaf = rng.uniform(.7, 4), rng.uniform(.5, 2), rng.uniform(.35, .9), rng.uniform(.06, .12)
    foot = rng.choice([0, 0, rng.uniform(.1, .35)])
    rows, columns, core = max(1, round((high - foot) / .5)), max(1, round(wide / .5)), []
    for j in range(rows):
        for i in range(columns):
            if rng.random() > .07:
                core.append(((rng.gauss(0, .03), wide * ((i + .5) / columns - .5), foot + (high - foot) * (j + .5) / rows),
                             (deep * .55, wide / columns * rng.uniform(.58, .75), (high - foot) / rows * rng.uniform(.55, .72))))
    _leaves(rng, s, core, leaf, rng.choice([0, .1, .3]))
    bark = plain("bark", near(rng, rng.choice(BARK)), .9)
    for i in range(columns if foot else 0):
        s.tube((0, wide * ((i + .5) / columns - .5), 0), (rng.gauss(0, .08), wide * ((i + .5) / columns - .5) + rng.gauss(0, .08), foot + .2), .025, bark, sides=6)


def shrubs(rng, s):
    """A clump; some part round a dark opening."""
    n, core = rng.randint(1, 5), []
    for _ in range(n):
        r, tall = rng.uniform(.3, .8), rng.uniform(.5, 1.8)
        core.append(((rng.gauss(0, .35), rng.gauss(0, .3 * n), tall * .45), (r, r * rng.uniform(.8, 1.3), tall * .52)))
    if rng.random() < .4:
        gap, tall = rng.uniform(.3, .7), rng.uniform(.9, 1.8)
        core += [((0, side * (gap / 2 + .4), tall * .48), (.45, .42, tall * .52)) for side in (-1, 1)]
        s.box((-.3, 0, tall * .42), (.05, gap + .5, tall * .84), _void(rng), 0, .7)
    _leaves(rng, s, core, rng.uniform(.07, .16), rng.choice([0, .1, .5]))


def trunk(rng, s):
    """One to three trunks with a root flare, some limewashed, some with a grate, a rail or the lower leaves of a crown."""
    base = near(rng, rng.choice(BARK))
    bark = plain("bark", base, .95, mottle=rng.uniform(.2, .5), scale=rng.choice([5, 12, 30]), bump=1)
    for i in range(rng.choice([1, 1, 1, 2, 3])):
        r, high, x, y = rng.uniform(.08, .38), rng.uniform(1.4, 4.5), rng.gauss(0, .25) if i else 0, i * rng.uniform(.5, 1.2)
        lean = rng.gauss(0, .08), rng.gauss(0, .08)
        at, flare = (lambda z: (x + lean[0] * z + .03 * math.sin(2 * z), y + lean[1] * z, z)), rng.uniform(1.2, 1.9)
        girth = lambda z: r * (1 + (flare - 1) * math.exp(-z / .18) - .25 * z / high)
        levels = [0, .08, .18, .35] + [.35 + (high - .35) * k / 4 for k in range(1, 5)]
        lime = rng.uniform(.9, 1.3) if rng.random() < .2 else 0
        for z0, z1 in zip(levels, levels[1:]):
            s.tube(at(z0), at(z1), girth(z0), plain("lime", (.6, .6, .56), .9, mottle=.15) if z1 < lime else bark, girth(z1), 12)
        for k in range(rng.randint(0, 5)):
            turn = rng.uniform(0, 2 * math.pi)
            s.tube((x + r * .6 * math.cos(turn), y + r * .6 * math.sin(turn), .22), (x + r * 2.3 * math.cos(turn), y + r * 2.3 * math.sin(turn), -.02), r * .4, bark, r * .12, 7)
        if rng.random() < .3:
            _leaves(rng, s, [((at(high)[0] + rng.gauss(0, .3), at(high)[1] + rng.gauss(0, .3), high + rng.uniform(-.1, .5)), (rng.uniform(.4, .9), rng.uniform(.4, .9), rng.uniform(.3, .6))) for _ in range(3)], .15, .2)
    if rng.random() < .25:
        s.box((0, 0, rng.uniform(.02, .15)), (rng.uniform(.9, 1.4), rng.uniform(.9, 1.4), .06), rng.choice([_masonry, _iron])(rng))


def guard_rail(rng, s):
    """A rail of folded sheet, of pipes or a cable on posts, with its end."""
    skin, post, n, bay, sides, kind = metal(rng) if rng.random() < .7 else _iron(rng), rng.choice([metal, _iron, wood])(rng), rng.randint(1, 3), rng.uniform(1, 2), rng.choice([4, 12]), rng.random()
    wide, high = n * bay, rng.uniform(.55, .95)
    for i in range(n + 1):
        y = bay * i - wide / 2
        s.tube((-.08, y, 0), (-.08, y, high + .03), rng.uniform(.05, .09), post, sides=sides)
    if kind < .6:  # the section of a W, from (x, z) to (x, z)
        section = [(0, -.16), (.08, -.11), (.08, -.06), (0, 0), (.08, .06), (.08, .11), (0, .16)]
        for level in [high - .16] + ([high - .52] if high > .8 and rng.random() < .5 else []):
            points = [(x, side * (wide / 2 + .15), level + z) for x, z in section for side in (-1, 1)]
            s.add(points, [(2 * i, 2 * i + 1, 2 * i + 3, 2 * i + 2) for i in range(6)], skin)
            for side in (-1, 1) if rng.random() < .7 else (1,):
                s.tube((.04, side * (wide / 2 + .15), level - .17), (.04, side * (wide / 2 + .15), level + .17), rng.uniform(.06, .14), coat(rng, rng.choice([(.75, .5, .02), (.02, .02, .02), (.6, .03, .02)])) if rng.random() < .4 else skin)
    else:
        for k in range(rng.randint(1, 3)):
            s.tube((0, -wide / 2 - .1, high - .2 * k), (0, wide / 2 + .1, high - .2 * k), rng.uniform(.015, .05), skin)
    if rng.random() < .4:
        s.box((.0, wide / 2 + .1, high + .15), (.02, .14, .3), stripes(rng, ((.75, .5, .02), (.02, .02, .02)), .08, 2))
    if rng.random() < .3:
        _foliage(rng, s, -.6, wide, high * 1.2)


def gate_pillar(rng, s):
    skin, cap, wide, high, iron = _masonry(rng), _masonry(rng), rng.uniform(.3, .8), rng.uniform(1, 2.5), _iron(rng)
    second, leaf = rng.random() < .4, rng.uniform(.7, 1.6)
    for i in range(1 + second):
        _pillar(rng, s, (wide + leaf) * i, wide, high, skin, cap)
    if second or rng.random() < .4:
        y0, y1 = wide / 2, wide / 2 + leaf
        if rng.random() < .7:
            _bars(rng, s, y0, y1, .1, high * .9, iron)
        else:
            s.box((0, (y0 + y1) / 2, high * .47), (.05, leaf, high * .85), iron)
    if rng.random() < .4:
        lettering(rng, s, wide / 2 + .01, 0, high * .7, wide * .6, rng.uniform(.15, .5))
    if rng.random() < .4:
        s.box((0, -wide / 2 - .5, high * .3), (wide * .5, 1, high * .6), skin)


def parapet(rng, s):
    """A bridge's or a terrace's: solid, with panels, with balusters or slits."""
    skin, wide, high, thick, kind = _masonry(rng), rng.uniform(1.5, 5), rng.uniform(.7, 1.3), rng.uniform(.2, .4), rng.random()
    s.box((0, 0, .1), (thick * 1.2, wide, .2), skin)
    s.box((0, 0, high - .05), (thick * 1.15, wide, .1), _masonry(rng) if rng.random() < .4 else skin)
    for side in rng.choice([(-1, 1), (-1, 1), (1,)]):
        _pillar(rng, s, side * wide / 2, thick * 1.5, high * rng.uniform(1, 1.2), skin, skin)
    if kind < .3:
        s.box((0, 0, high / 2), (thick, wide, high - .02), skin)
        for i in range(int(wide / 1.2)):
            s.box((thick / 2, 1.2 * (i + .5) - wide / 2, high * .52), (.03, .9, high * .5), _void(rng) if rng.random() < .3 else skin)
    elif kind < .65:
        n, r = int(wide / rng.uniform(.22, .4)), thick * .28
        for i in range(n):
            y = wide * ((i + .5) / n - .5)
            s.tube((0, y, .2), (0, y, high * .45), r * .7, skin, r * 1.4, 10)
            s.tube((0, y, high * .45), (0, y, high - .1), r * 1.4, skin, r * .6, 10)
    else:
        n = int(wide / rng.uniform(.5, 1))
        for i in range(n):
            s.box((0, wide * ((i + .5) / n - .5), high / 2), (thick, wide / n * rng.uniform(.35, .75), high - .2), skin)
        if rng.random() < .6:
            s.box((-thick * .3, 0, high / 2), (.02, wide, high * .9), _void(rng))


def stop_pole(rng, s):
    """A bus stop's or another sign's pole with plates, a timetable, a base."""
    r, high, skin = rng.uniform(.025, .06), rng.uniform(1.6, 3), rng.choice([metal, _iron])(rng)
    s.tube((0, 0, 0), (0, 0, high), r, skin)
    if rng.random() < .6:
        s.tube((0, 0, 0), (0, 0, rng.uniform(.06, .3)), rng.uniform(.1, .25), rng.choice([concrete(rng), rubber(), skin]), rng.uniform(.08, .22))
    wide = rng.uniform(.3, .7)
    if rng.random() < .3:
        s.tube((-.01, 0, high), (.02, 0, high), wide / 2, coat(rng), sides=24)
    else:
        lettering(rng, s, .04, rng.choice([0, wide / 2]), high - .15, wide, rng.uniform(.25, .5))
    if rng.random() < .7:
        s.box((.06, 0, rng.uniform(1, 1.4)), (.04, rng.uniform(.25, .45), rng.uniform(.4, .75)), printed(rng, 9) if rng.random() < .4 else coat(rng))
    if rng.random() < .3:
        s.box((r + .08, 0, rng.uniform(.6, 1)), (.18, .28, rng.uniform(.25, .4)), _iron(rng))


def lamp_base(rng, s):
    """The foot of a lamp post with its door, the shaft above it, perhaps a notice or a cabinet at its side."""
    skin, r, foot, high = _iron(rng), rng.uniform(.05, .11), rng.uniform(.4, 1.3), rng.uniform(1.8, 4)
    wide, sides = r * rng.uniform(1.4, 2.2), rng.choice([6, 8, 8, 16])
    s.tube((0, 0, 0), (0, 0, .06), wide * 1.5, skin, sides=sides, smooth=False)
    s.tube((0, 0, .05), (0, 0, foot), wide, skin, wide * rng.uniform(.75, 1), sides, sides > 8)
    s.tube((0, 0, foot), (0, 0, foot + .12), wide, skin, r, sides, sides > 8)
    s.tube((0, 0, foot + .1), (0, 0, high), r, skin, r * .8)
    s.box((wide * .93, 0, foot * .55), (.02, wide * .9, foot * .5), coat(rng, grey(rng, .01, .4)) if rng.random() < .5 else skin)
    for k in range(rng.randint(0, 3)):
        s.ring((0, 0, foot + .15 + .12 * k), (0, 0, 1), r * 1.15, .018, skin)
    if rng.random() < .3:
        s.box((wide + .2, .1, rng.uniform(.3, .5)), (.3, .4, .7), coat(rng, grey(rng, .02, .5)))
    if rng.random() < .25:
        _foliage(rng, s, -.6, 1.4, 1.3)


def _pierced(s, wide, high, thick, y, across, z0, z1, skin):
    """A wall with one rectangular hole."""
    for a, b, low, top in ((-wide / 2, y - across / 2, 0, high), (y + across / 2, wide / 2, 0, high), (y - across / 2, y + across / 2, 0, z0), (y - across / 2, y + across / 2, z1, high)):
        if b - a > .01 and top - low > .01:
            s.box((0, (a + b) / 2, (low + top) / 2), (thick, b - a, top - low), skin)


def opening(rng, s):
    """A piece of wall with a dark doorway, niche, cellar window or shutter, framed or bare."""
    skin, wide, high, thick = _masonry(rng), rng.uniform(1.4, 3.2), rng.uniform(1.8, 3), rng.uniform(.2, .5)
    kind = rng.random()
    z0, z1, across = (0, rng.uniform(1.6, 2.1), rng.uniform(.6, 1.1)) if kind < .45 else (rng.uniform(0, .6), rng.uniform(.9, 1.6), rng.uniform(.35, .8))
    z1, y = min(z1, high - .1), rng.uniform(-.25, .25) * (wide - across)
    _pierced(s, wide, high, thick, y, across, z0, z1, skin)
    back = rng.choice([_void(rng), _void(rng), _iron(rng), wood(rng), glass()])
    s.box((-thick * rng.uniform(.2, .6), y, (z0 + z1) / 2), (.03, across + .05, z1 - z0), back)
    if rng.random() < .5:
        frame, w = rng.choice([coat, wood, _masonry])(rng), rng.uniform(.04, .12)
        for side in (-1, 1):
            s.box((thick / 2, y + side * across / 2, (z0 + z1) / 2), (.05, w, z1 - z0), frame)
        s.box((thick / 2, y, z1), (.06, across + w * 2, w), frame)
    if z0 == 0:
        s.box((thick / 2 + .1, y, .06), (.3, across * 1.2, .12), concrete(rng))
    if rng.random() < .3:
        s.box((thick / 2 + .1, -wide / 2 + .15, high / 2), (.09, .09, high), metal(rng))


def vent_box(rng, s):
    """A box of a drain, duct, cellar or pump: louvres, grating, a lid or a pipe."""
    wide, deep, high, skin = rng.uniform(.4, 1.4), rng.uniform(.35, .9), rng.uniform(.35, 1.3), rng.choice([_masonry, concrete, _iron, metal])(rng)
    s.box((0, 0, high / 2), (deep, wide, high), skin)
    s.box((0, 0, high + .03), (deep * rng.uniform(1, 1.2), wide * rng.uniform(1, 1.2), .06), rng.choice([skin, concrete(rng), _iron(rng)]), 0, rng.choice([1, 1, .8]))
    z0, z1, n, blade = high * rng.uniform(.15, .4), high * rng.uniform(.75, .9), rng.randint(3, 10), rng.choice([_iron, metal])(rng)
    s.box((deep / 2, 0, (z0 + z1) / 2), (.015, wide * .8, z1 - z0), _void(rng))
    for i in range(n):
        s.box((deep / 2 + .015, 0, z0 + (z1 - z0) * (i + .5) / n), (.03, wide * .8, (z1 - z0) / n * .35), blade)
    if rng.random() < .3:
        s.tube((0, wide * .25, high), (0, wide * .25, high + rng.uniform(.3, .9)), rng.uniform(.05, .12), metal(rng))


def lone_post(rng, s):
    """A post before dark foliage, or with nothing behind."""
    r, high = rng.uniform(.04, .13), rng.uniform(.7, 1.9)
    skin = rng.choice([_iron, wood, _masonry, lambda g: coat(g, paint(g))])(rng)
    s.tube((0, 0, 0), (0, 0, high), r * 1.2, skin, sides=rng.choice([4, 8, 14]), smooth=False)
    if rng.random() < .4:
        s.box((0, 0, high + .02), (r * 2.6, r * 2.6, .05), skin)
    for k in range(rng.choice([0, 2, 3])):
        s.tube((0, 0, high * (.3 + .25 * k)), (0, rng.uniform(.5, 1.5), high * (.3 + .25 * k)), .008, metal(rng), sides=4)
    if rng.random() < .75:
        _foliage(rng, s, -rng.uniform(.4, .8), rng.uniform(.6, 2), high * rng.uniform(.8, 1.4))


_EDGES = {f.__name__: f for f in (railing, lattice_fence, pillar_fence, wooden_fence, hedge, shrubs, trunk, guard_rail, gate_pillar, parapet, stop_pole, lamp_base, opening,
                                  vent_box, lone_post)}
