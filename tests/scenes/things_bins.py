# SPDX-License-Identifier: GPL-3.0-or-later
"""Random litter bins of many cities in many states. The front faces +x. A design returns a Vessel; `bins` puts one or a row of
them into a state: shut, ajar, open, full to the rim (all `bin`), or with waste above the rim (`bin_overflowing`).
"""
import math
import random
from dataclasses import dataclass, field

from materials import plain, rubber
from shapes import Shape, register
from things_looks import (LITTER, bag, carton, coat, concrete, dots, grey, hollow, hue, lettering, metal, near, outline, paint, stripes, tub, wheel,
                          wood)
from things_people import stand
from things_rest import pile

BODY = [(.02, .14, .05), (.05, .08, .2), (.03, .03, .035), (.1, .1, .105), (.22, .23, .24), (.3, .03, .02), (.45, .32, .03), (.02, .25, .3), (.04, .3, .08),
        (.25, .12, .05), (.45, .46, .45), (.35, .36, .37), (.03, .1, .35), (.55, .2, .02), (.01, .05, .03), (.6, .6, .58)]


@dataclass
class Vessel:
    shape: Shape
    wide: float  # along y
    deep: float
    rim: float  # height of the mouth, or of the roof of a closed body
    inner: tuple = (.2, .2)  # half sizes of the mouth
    lid: Shape = None
    hinge: tuple = (0, 0, 0)
    inlets: list = field(default_factory=list)  # (x, y, z) of holes in a closed body's front
    flat_top: bool = False  # of a closed body: things can be left on it
    apart: Shape = None  # stands there and is no part of the box


def label(rng, shape, x, y, z, wide=.24, high=.2):
    if rng.random() < .55:
        lettering(rng, shape, x, y, z, wide * rng.uniform(.5, 1), high * rng.uniform(.5, 1))


def wheelie(rng, body, top):
    wide, deep, high, power = rng.uniform(.44, .62), rng.uniform(.48, .76), rng.uniform(.88, 1.1), rng.uniform(4, 10)
    skin, lid_skin, s = coat(rng, body, .45), coat(rng, top, .45), Shape()
    low, shift = outline(deep * .76, wide * .78, power), rng.uniform(0, .05)
    tub(s, [(x - shift, y) for x, y in low], outline(deep, wide, power), .07, high, skin, hollow(), .03, rng.uniform(.15, .5))
    tub(s, outline(deep * 1.05, wide * 1.06, power), outline(deep * 1.05, wide * 1.06, power), high - .06, high, skin, hollow(), .05, .06)
    for side in (-1, 1):
        wheel(rng, s, -deep * .42, side * wide * .46, rng.uniform(.09, .14), .05)
    s.tube((-deep * .58, -wide * .42, high - .02), (-deep * .58, wide * .42, high - .02), .018, skin, sides=8)
    for k in range(rng.choice([0, 0, 2, 3])):
        s.box((deep * .45, wide * (.3 * (k - 1)), high * .5), (.02, .03, high * .5), skin)
    label(rng, s, deep * .475, 0, high * .68)
    lid = Shape()
    tub(lid, [(x + deep * .52, y) for x, y in outline(deep * 1.12, wide * 1.1, power)], [(x + deep * .52, y) for x, y in outline(deep * 1.05, wide * 1.02, power)], 0, .035, lid_skin)
    bulge = rng.uniform(.5, .85)
    tub(lid, [(x + deep * .52, y) for x, y in outline(deep * bulge, wide * bulge, 4)], [(x + deep * .52, y) for x, y in outline(deep * bulge * .8, wide * bulge * .8, 4)], .035, .035 + rng.uniform(.01, .07), lid_skin)
    return Vessel(s, wide * 1.1, deep, high, (deep * .42, wide * .4), lid, (-deep * .53, 0, high + .005))


def container(rng, body, top):
    wide, deep, high = rng.uniform(1.15, 1.5), rng.uniform(.7, 1.1), rng.uniform(.95, 1.2)
    skin = metal(rng) if rng.random() < .3 else coat(rng, body, .5)
    lid_skin, s, power = coat(rng, top, .45), Shape(), rng.uniform(5, 14)
    tub(s, outline(deep * .82, wide * .86, power), outline(deep, wide, power), .2, high, skin, hollow(), .04, rng.uniform(.2, .6))
    tub(s, outline(deep * 1.06, wide * 1.04, power), outline(deep * 1.06, wide * 1.04, power), high - .07, high, skin, hollow(), .06, .07)
    for sx in (-1, 1):
        for sy in (-1, 1):
            wheel(rng, s, sx * deep * .32, sy * wide * .36, .09, .05)
    for k in range(rng.randint(0, 5)):
        s.box((deep * .46, wide * ((k + .5) / 5 - .5) * .8, high * .55), (.03, .05, high * .55), skin)
    for sy in (-1, 1):
        s.tube((0, sy * wide * .5, high * .82), (0, sy * (wide * .5 + .07), high * .82), .03, metal(rng), sides=8)
    label(rng, s, deep * .485, rng.uniform(-.25, .25) * wide, high * .68, .4, .3)
    if rng.random() < .3:
        s.box((deep * .5, 0, high * .35), (.01, wide * .8, .1), stripes(rng, ((.6, .02, .02), (.8, .8, .78)), .1, 1))
    lid, arched = Shape(), rng.random()
    if arched < .45:
        rise, n = rng.uniform(.2, .45), 9
        arc = [(deep * 1.06 * (.5 - .5 * math.cos(math.pi * i / n)), rise * math.sin(math.pi * i / n)) for i in range(n + 1)]
        for (ax, az), (bx, bz) in zip(arc, arc[1:]):
            y = wide * .52
            lid.add([(ax, -y, az), (bx, -y, bz), (bx, y, bz), (ax, y, az)], [(0, 1, 2, 3)], lid_skin, True)
        for y in (-wide * .52, wide * .52):
            lid.add([(x, y, z) for x, z in arc], [tuple(range(n + 1))], lid_skin)
    else:
        lid.box((deep * .54, 0, .025), (deep * 1.1, wide * 1.06, .05), lid_skin, 0, .97)
        for k in range(rng.randint(0, 4)):
            lid.box((deep * .54, wide * ((k + .5) / 4 - .5), .06), (deep * .8, .06, .03), lid_skin)
        if arched > .75:  # two hatches of a recycling container
            for sy in (-1, 1):
                lid.tube((deep * .6, sy * wide * .22, .05), (deep * .6, sy * wide * .22, .075), .13, rubber(), sides=18)
    return Vessel(s, wide * 1.06, deep, high, (deep * .42, wide * .42), lid, (-deep * .53, 0, high + .005))


def on_post(rng, body, top):
    """A small bin that hangs on a post or stands on a leg."""
    wide, deep, tall, foot = rng.uniform(.28, .5), rng.uniform(.24, .4), rng.uniform(.4, .75), rng.uniform(.25, .55)
    skin, s, power = (metal(rng) if rng.random() < .4 else coat(rng, body)), Shape(), rng.choice([2, 2, 3, 9])
    rim = foot + tall
    tub(s, outline(deep * rng.uniform(.65, 1), wide * rng.uniform(.7, 1), power), outline(deep, wide, power), foot, rim, skin, hollow(), .015, rng.uniform(.05, .25))
    post = coat(rng, grey(rng)) if rng.random() < .6 else metal(rng)
    behind = -deep / 2 - .04 if rng.random() < .6 else 0
    top_of_post = rim + rng.uniform(.05, 1.6) if behind else foot + .02
    s.tube((behind, 0, 0), (behind, 0, min(rim, top_of_post)), .035, post)
    pole = Shape()
    if top_of_post > rim:  # what rises above the bin is no part of its box
        pole.tube((behind, 0, rim), (behind, 0, top_of_post), .035, post)
    if rng.random() < .4:
        s.box((behind, 0, .01), (.25, .25, .02), post)
    if behind and rng.random() < .45:  # a hood
        s.box((0, 0, rim + .22), (deep * 1.2, wide * 1.15, .03), coat(rng, top))
        for sy in (-1, 1):
            s.box((behind, sy * wide * .4, rim + .1), (.02, .02, .25), post)
    label(rng, s, deep * .49, 0, foot + tall * .6, wide * .6, tall * .4)
    if power == 2 and abs(wide - deep) < .06:
        s.ring((0, 0, rim), (0, 0, 1), (wide + deep) / 4, .012, skin)
    return Vessel(s, wide + .1, deep, rim, (deep * .42, wide * .42), apart=pole)


def basket(rng, body, top):
    """Round, of perforated sheet, bars or wire, with a bag in it."""
    r, high, foot = rng.uniform(.19, .33), rng.uniform(.6, .95), rng.choice([.02, .02, .12])
    s, bars = Shape(), rng.random() < .55
    skin = coat(rng, body) if rng.random() < .6 else metal(rng)
    lining = plain("lining", rng.choice([(.02, .02, .02), (.7, .7, .7), (.05, .1, .3), (.1, .1, .1)]), .4, bump=.6, scale=9)
    low = rng.uniform(.7, 1)
    ring = outline(2 * r, 2 * r, 2, 24)
    if bars:
        n = rng.choice([14, 20, 26])
        for i in range(n):
            c, k = math.cos(2 * math.pi * i / n), math.sin(2 * math.pi * i / n)
            s.box((r * (1 + low) / 2 * c, r * (1 + low) / 2 * k, (high + foot) / 2), (.008, .025, high - foot), skin, 2 * math.pi * i / n)
        for z in (foot, (foot + high) / 2, high):
            s.ring((0, 0, z), (0, 0, 1), r * (low + (1 - low) * z / high), .014, skin, 24)
        tub(s, outline(1.84 * r * low, 1.84 * r * low, 2, 24), outline(1.9 * r, 1.9 * r, 2, 24), foot, high - .01, lining, hollow(), .01, rng.uniform(.05, .3))
    else:
        holes = dots(rng, (near(rng, body), (.01, .01, .01)), rng.uniform(14, 40))
        tub(s, [(x * low, y * low) for x, y in ring], ring, foot, high, holes, hollow(), .015, rng.uniform(.05, .3))
        s.ring((0, 0, high), (0, 0, 1), r, .018, skin, 24)
    if rng.random() < .4:  # the bag's edge over the rim
        s.ring((0, 0, high - .01), (0, 0, 1), r * 1.03, .03, lining, 24)
    if rng.random() < .35:
        s.tube((-r - .05, 0, 0), (-r - .05, 0, high + rng.uniform(.05, .4)), .03, skin)
    return Vessel(s, 2 * r, 2 * r, high, (r * .85, r * .85))


def clad(rng, body, top):
    """Slats of wood about a liner, square or round; open, or under a cover on stilts."""
    wide, high, square = rng.uniform(.42, .75), rng.uniform(.7, 1.05), rng.random() < .6
    s, slat = Shape(), wood(rng)
    n, power = rng.choice([16, 20, 28]), 12 if square else 2
    ring = outline(wide, wide, 2, n)
    if square:
        along = [wide * ((i + .5) / (n // 4) - .5) for i in range(n // 4)]
        ring = [p for a in along for p in ((a, wide / 2), (a, -wide / 2), (wide / 2, a), (-wide / 2, a))]
    tub(s, outline(wide * .94, wide * .94, power), outline(wide * .94, wide * .94, power), .05, high - .02, coat(rng, body), hollow(), .03, rng.uniform(.08, .3))
    for x, y in ring:
        turn = math.atan2(y, x) if not square else (0 if abs(x) == wide / 2 else math.pi / 2)
        s.box((x, y, high / 2 + .02), (.022, wide * 3.5 / n if square else wide * 2.6 / n, high - .06), slat, turn)
    if rng.random() < .5:
        s.tube((0, 0, high - .02), (0, 0, high), wide * .3, hollow(), sides=20)
    if rng.random() < .45:
        for sx in (-1, 1):
            for sy in (-1, 1):
                s.box((sx * wide * .4, sy * wide * .4, high + .12), (.03, .03, .26), metal(rng))
        s.box((0, 0, high + .26), (wide * 1.1, wide * 1.1, .04), coat(rng, top))
    return Vessel(s, wide, wide, high, (wide * .36, wide * .36))


def stone(rng, body, top):
    """Concrete with pebbles, round, square or six-sided, with a metal or plastic ring."""
    wide, high, n = rng.uniform(.45, .8), rng.uniform(.6, 1.0), rng.choice([6, 8, 28, 28])
    skin, s, power = concrete(rng), Shape(), rng.choice([2, 2, 10])
    foot = rng.uniform(.75, 1.05)
    low, high_outline = outline(wide * foot, wide * foot, power, n), outline(wide, wide, power, n)
    tub(s, low, high_outline, 0, high, skin, hollow(), rng.uniform(.05, .1), rng.uniform(.08, .3))
    if rng.random() < .6:
        s.ring((0, 0, high + .005), (0, 0, 1), wide * .36, .02, coat(rng, body), 22)
    label(rng, s, wide * .5, 0, high * .6)
    return Vessel(s, wide, wide, high, (wide * .32, wide * .32))


def hooded(rng, body, top):
    """A tall body under a dome or a box roof, with openings at the sides."""
    wide, deep, high, power = rng.uniform(.38, .65), rng.uniform(.38, .6), rng.uniform(.85, 1.3), rng.choice([2, 2, 6, 12])
    s, skin, cap = Shape(), metal(rng) if rng.random() < .3 else coat(rng, body), coat(rng, top)
    body_high = high * rng.uniform(.68, .8)
    tub(s, outline(deep, wide, power), outline(deep, wide, power), .03, body_high, skin)
    tub(s, outline(deep, wide, power), outline(deep, wide, power), body_high, high, cap)
    domed = power == 2 or rng.random() < .3
    if domed:
        s.blob((0, 0, high), (deep / 2, wide / 2, rng.uniform(.06, .22)), cap, 20, 8)
    hole = (body_high + high) / 2
    for side in ((-1, 1) if rng.random() < .6 else (1,)):
        s.box((side * deep * .47, 0, hole), (deep * .1, wide * rng.uniform(.45, .75), (high - body_high) * .6), hollow())
    label(rng, s, deep * .505, 0, body_high * .65, wide * .7, .25)
    return Vessel(s, wide, deep, high, (deep * .35, wide * .35), inlets=[(deep * .5, 0, hole)], flat_top=not domed)


def igloo(rng, body, top):
    """A bottle bank: a dome or bell with round holes."""
    r, high = rng.uniform(.6, .85), rng.uniform(1.3, 1.8)
    s, skin, n = Shape(), coat(rng, body, .45), 9
    power, profile = rng.choice([1.6, 2, 3]), []
    for i in range(n + 1):
        z = i / n
        profile.append((max(.05, (1 - z ** (power + .6)) ** (1 / power)), z * high))
    for (ra, za), (rb, zb) in zip(profile, profile[1:]):
        s.tube((0, 0, za), (0, 0, zb + .002), r * ra, skin, r * rb, 26)
    if rng.random() < .6:
        s.tube((0, 0, high * .12), (0, 0, high * .3), r * 1.003, coat(rng, top), r * .995, 26)
    holes = []
    for turn in rng.choice([(0,), (0, 3.14), (.9, -.9), (0, 2.1, 4.2)]):
        z = high * .68
        reach = r * (1 - .68 ** (power + .6)) ** (1 / power)
        x, y = reach * math.cos(turn), reach * math.sin(turn)
        s.tube((x * .9, y * .9, z), (x * 1.05, y * 1.05, z + .03), .14, rubber(), sides=18)
        holes.append((x, y, z))
    s.ring((0, 0, high + .02), (0, 1, 0), .08, .02, metal(rng), 14)
    label(rng, s, r * .99, 0, high * .4, .5, .4)
    return Vessel(s, 2 * r, 2 * r, high, (r * .3, r * .3), inlets=holes)


def _drum(rng, s, deep, wide, z, cap):
    """An inlet in the front at height `z`: a drum, a flap or a round hole."""
    kind = rng.random()
    if kind < .45:
        s.tube((deep * .42, -wide * .36, z), (deep * .42, wide * .36, z), rng.uniform(.13, .22), metal(rng), sides=18)
        s.tube((deep * .55, -wide * .15, z + .1), (deep * .55, wide * .15, z + .1), .014, rubber(), sides=6)
    elif kind < .8:
        s.box((deep * .5, 0, z), (.03, wide * rng.uniform(.5, .8), rng.uniform(.22, .4)), cap)
        s.box((deep * .53, 0, z - .1), (.03, wide * .3, .03), metal(rng))
    else:
        s.tube((deep * .45, 0, z), (deep * .52, 0, z), .13, rubber(), sides=18)


def column(rng, body, top):
    """A big closed container above the ground."""
    wide, deep, high = rng.uniform(.9, 1.8), rng.uniform(.9, 1.5), rng.uniform(1.3, 2.0)
    s, skin, power = Shape(), metal(rng) if rng.random() < .3 else coat(rng, body), rng.choice([4, 9, 16])
    tub(s, outline(deep * .96, wide * .96, power), outline(deep, wide, power), .04, high, skin)
    roof = rng.random()
    if roof < .4:
        tub(s, outline(deep, wide, power), outline(deep * .6, wide * .7, power), high, high + rng.uniform(.1, .3), coat(rng, top))
    z = high * rng.uniform(.66, .82)
    _drum(rng, s, deep, min(wide, .8), z, coat(rng, top))
    if rng.random() < .6:
        lettering(rng, s, deep * .51, 0, high * .4, wide * rng.uniform(.3, .7), high * rng.uniform(.15, .4))
    if rng.random() < .5:
        s.ring((0, 0, high + .2), (0, 1, 0), .1, .02, metal(rng), 14)
    return Vessel(s, wide, deep, high, (deep * .35, wide * .35), inlets=[(deep * .5, 0, z)], flat_top=roof >= .4)


def pillar(rng, body, top):
    """The inlet of a container under the ground: a narrow steel box on a plate."""
    wide, deep, high = rng.uniform(.5, .95), rng.uniform(.5, .9), rng.uniform(1.0, 1.6)
    s, skin, power = Shape(), metal(rng) if rng.random() < .5 else coat(rng, body), rng.choice([2, 5, 12, 16])
    plate = Shape()
    if rng.random() < .7:  # lies in the pavement and is no part of the box
        plate.box((0, 0, .012), (deep + rng.uniform(.5, 1.1), wide + rng.uniform(.5, 1.1), .024), plain("tread", (.25, .25, .26), .6, .7, mottle=.3, scale=30))
    tub(s, outline(deep, wide, power), outline(deep, wide, power), .02, high, skin)
    slope = rng.random()
    if slope < .5:
        tub(s, outline(deep, wide, power), [(x * .7 - deep * .12, y * .85) for x, y in outline(deep, wide, power)], high, high + rng.uniform(.08, .35), coat(rng, top) if rng.random() < .5 else skin)
    z = high * rng.uniform(.7, .85)
    _drum(rng, s, deep, wide, z, coat(rng, top))
    label(rng, s, deep * .52, 0, high * .42, wide * .8, .4)
    return Vessel(s, wide, deep, high, (deep * .3, wide * .35), inlets=[(deep * .5, 0, z)], flat_top=slope >= .5, apart=plate)


def skip(rng, body, top):
    wide, deep, high = rng.uniform(2.0, 3.6), rng.uniform(1.3, 1.8), rng.uniform(.9, 1.5)
    s, skin = Shape(), coat(rng, body)
    box = lambda dx, dy: [(-dx / 2, -dy / 2), (dx / 2, -dy / 2), (dx / 2, dy / 2), (-dx / 2, dy / 2)]
    tub(s, box(deep * .92, wide * rng.uniform(.5, .85)), box(deep, wide), .05, high, skin, hollow(), .05, rng.uniform(.3, .7))
    for k in range(4):
        s.box((deep * .49, wide * ((k + .5) / 4 - .5) * .75, high * .5), (.05, .07, high * .85), skin)
    for sy in (-1, 1):
        s.tube((deep * .5, sy * wide * .3, high * .6), (deep * .5 + .1, sy * wide * .3, high * .6), .05, metal(rng))
    return Vessel(s, wide, deep, high, (deep * .42, wide * .4))


def sack_holder(rng, body, top):
    """A ring on a post from which a bag hangs."""
    r, high = rng.uniform(.2, .28), rng.uniform(.85, 1.1)
    s = Shape()
    tint = rng.choice([(.55, .6, .55), (.02, .02, .02), (.1, .3, .12), (.5, .45, .1), (.15, .25, .45)])
    skin = plain("bag", tint, .25, bump=.9, scale=7)
    tub(s, outline(1.5 * r, 1.6 * r, 2), outline(2 * r, 2 * r, 2), .14, high, skin, hollow(), .01, rng.uniform(.1, .4))
    s.blob((0, 0, .2), (r * .9, r * .92, .16), skin, 12, 8, .15, rng)
    s.ring((0, 0, high), (0, 0, 1), r * 1.02, .018, coat(rng, body), 22)
    s.tube((-r * 1.1, 0, 0), (-r * 1.1, 0, high + rng.uniform(.02, .3)), .03, coat(rng, body))
    if rng.random() < .4:
        s.box((0, 0, high + .2), (2 * r, 2 * r, .025), coat(rng, top))
        s.tube((-r * 1.1, 0, high), (-r * .8, 0, high + .2), .02, coat(rng, body))
    return Vessel(s, 2 * r, 2 * r, high, (r * .85, r * .85))


DESIGNS = ((wheelie, 22), (container, 18), (on_post, 11), (basket, 9), (clad, 7), (stone, 5), (hooded, 9), (igloo, 4), (column, 7), (pillar, 9), (skip, 3), (sack_holder, 3))
IN_ROWS = {wheelie: .45, container: .3, hooded: .4, column: .3, pillar: .35, igloo: .4, clad: .15, basket: .08, on_post: .1}


def contents(rng, shape, vessel, level, over):
    """Waste at `level` in the mouth; `over` layers of it stand above the rim."""
    hx, hy = vessel.inner
    size = min(.28, max(.07, min(hx, hy) * .55))
    kind = rng.choice(["bags", "bags", "mixed", "mixed", "cartons"])
    for layer in range(max(1, over)):
        reach = 1 - .28 * layer
        for _ in range(max(2, round(hx * hy / size ** 2 * .9 * reach))):
            x, y = rng.uniform(-hx, hx) * reach, rng.uniform(-hy, hy) * reach
            z = level + layer * size * .95 - size * .45
            if not over:
                x, y, z = x * .6, y * .6, level - size * 1.9
            if kind == "cartons" or kind == "mixed" and rng.random() < .4:
                carton(rng, shape, x, y, z, (size * rng.uniform(1, 2), size * rng.uniform(1, 1.7), size * rng.uniform(.5, 1.6)))
            else:
                bag(rng, shape, x, y, z, size * rng.uniform(.75, 1.15))
    for _ in range(rng.randint(0, 8)):
        skin = plain("scrap", near(rng, rng.choice(LITTER)), .6)
        at = rng.uniform(-hx, hx) * .7, rng.uniform(-hy, hy) * .7, level + (size * over * .9 if over else -.06)
        if rng.random() < .5:
            shape.tube(at, (at[0] + rng.uniform(-.08, .08), at[1] + .08, at[2] + (rng.uniform(0, .1) if over else 0)), .033, skin, sides=8)
        else:
            shape.box(at, (rng.uniform(.05, .16), .1, .05), skin, rng.random() * 3)


def stuffed(rng, shape, vessel):
    """Waste that sticks out of a closed body's holes and lies on top of it."""
    for x, y, z in vessel.inlets:
        for _ in range(rng.randint(2, 4)):
            size = rng.uniform(.11, .2)
            bag(rng, shape, x * 1.02 + math.copysign(rng.uniform(0, .1), x), y + rng.uniform(-.14, .14), z - size * 1.1 + rng.uniform(-.05, .05), size)
        if rng.random() < .5:
            carton(rng, shape, x * 1.08, y + rng.uniform(-.1, .1), z - .08, (.3, .24, .12))
    if vessel.flat_top:
        hx, hy = vessel.inner
        for _ in range(rng.randint(1, 4)):
            x, y = rng.uniform(-hx, hx) * .7, rng.uniform(-hy, hy) * .7
            if rng.random() < .6:
                bag(rng, shape, x, y, vessel.rim, rng.uniform(.12, .22))
            else:
                carton(rng, shape, x, y, vessel.rim)


def put(rng, vessel, at, turn, state):
    thing = vessel.shape
    if state == "over" and vessel.inlets:
        stuffed(rng, thing, vessel)
    elif state == "over":
        contents(rng, thing, vessel, vessel.rim, rng.randint(1, 3))
    elif state in ("rim", "part") and not vessel.inlets:
        contents(rng, thing, vessel, vessel.rim - (.02 if state == "rim" else rng.uniform(.06, .14)), 0)
    body = thing.place("bin", (*at, 0), turn)
    if vessel.lid:
        angle = {"shut": 0, "ajar": rng.uniform(.03, .22), "open": rng.uniform(1.5, 2.2), "part": rng.uniform(1.4, 2.2), "rim": rng.choice([rng.uniform(.02, .15), rng.uniform(1.4, 2.1)]),
                 "over": rng.choice([rng.uniform(.45, 1.0), rng.uniform(1.4, 2.2)])}[state]
        lid = vessel.lid.place("lid", vessel.hinge, parent=body)
        lid.rotation_euler = (0, -angle, 0)
    if vessel.apart and vessel.apart.vertices:
        vessel.apart.place("apart", (*at, 0), turn)
    register(body, "bin_overflowing" if state == "over" else "bin")


def bins(rng, overflowing):
    """One bin or a row; with `overflowing` at least one has waste above its rim."""
    design = rng.choices([d for d, _ in DESIGNS], [w for _, w in DESIGNS])[0]
    many = rng.choice([2, 2, 3, 3, 4]) if rng.random() < IN_ROWS.get(design, 0) else 1
    sized, body = rng.randrange(1 << 30), rng.choice(BODY) if rng.random() < .7 else paint(rng)
    same, alike = rng.random() < .6, rng.random() < .5
    own_lid = rng.random() < .45
    over_at = rng.randrange(many)
    y, gap, names = 0.0, rng.uniform(.02, .3), []
    for i in range(many):
        colour = body if same else (rng.choice(BODY) if rng.random() < .7 else hue(rng))
        top = (rng.choice(BODY) if rng.random() < .6 else hue(rng)) if own_lid or many > 1 and same else near(rng, colour, .15)
        vessel = design(random.Random(sized) if alike else rng, near(rng, colour, .1), top)
        over = overflowing and (i == over_at or rng.random() < .45)
        state = "over" if over else rng.choices(["shut", "ajar", "open", "part", "rim"], [60, 12, 8, 10, 10] if vessel.lid else [45, 0, 0, 35, 20])[0]
        y += vessel.wide / 2 if i else 0
        put(rng, vessel, (rng.gauss(0, .03), y), rng.gauss(0, .06), state)
        y += vessel.wide / 2 + gap
        names.append(state)
    if overflowing and rng.random() < .6 or rng.random() < .06:
        rubbish = Shape()
        pile(rng, rubbish, .6)
        register(rubbish.place("beside", (vessel.deep / 2 + rng.uniform(.25, .5), rng.uniform(-.3, max(.3, y - gap)), 0)), "garbage_pile")
    if rng.random() < .06:
        stand(rng, vessel.deep / 2 + rng.uniform(.4, .7), rng.uniform(0, max(.3, y)), math.pi)
    return f"{design.__name__}-{'+'.join(names)}"
