# SPDX-License-Identifier: GPL-3.0-or-later
"""Random street furniture that is none of the labelled things, for a detector to leave alone. Fronts face +x."""
from materials import plain, rubber
from shapes import Shape
from things_looks import bush, cloth, coat, concrete, glass, grey, hue, lettering, metal, near, paint, printed, stripes, wheel, wood


def _slats(shape, skin, x, wide, levels, deep=.03, tall=.09):
    for z in levels:
        shape.box((x, 0, z), (deep, wide, tall), skin)


def distractor(rng):
    """Builds one; nothing is registered, so it has no box."""
    kind, shape = rng.choice(sorted(_DISTRACTORS)), Shape()
    _DISTRACTORS[kind](rng, shape)
    shape.place(kind, turn=0, bevel=.008 if rng.random() < .5 and len(shape.vertices) < 900 else 0)
    return kind


def planter(rng, s):
    wide, deep, high = rng.uniform(.4, 1.8), rng.uniform(.4, .7), rng.uniform(.3, .9)
    skin = rng.choice([concrete, wood, coat, metal])(rng)
    if rng.random() < .6:
        s.box((0, 0, high / 2), (deep, wide, high), skin, 0, rng.uniform(.95, 1.25))
    else:
        wide = deep
        s.tube((0, 0, 0), (0, 0, high), deep * .4, skin, deep * rng.uniform(.4, .6), 20)
    for i in range(max(1, int(wide / .4))):
        bush(rng, s, 0, wide * ((i + .5) / max(1, int(wide / .4)) - .5), high * .95, rng.uniform(.25, .6), hue(rng) if rng.random() < .4 else None)


def bollards(rng, s):
    skin, kind, high, r = coat(rng), rng.random(), rng.uniform(.5, 1.1), rng.uniform(.05, .14)
    for i in range(rng.randint(1, 3)):
        y = i * rng.uniform(.9, 1.4)
        s.tube((0, y, 0), (0, y, high), r, skin, r * rng.uniform(.8, 1))
        if kind < .4:
            s.blob((0, y, high), (r * 1.2,) * 3, skin)
        s.tube((0, y, high * .8), (0, y, high * .9), r * 1.03, plain("band", rng.choice([(.8, .8, .78), (.75, .5, .02), (.6, .03, .02)]), .4))


def cones(rng, s):
    orange = plain("cone", near(rng, rng.choice([(.75, .15, .02), (.7, .05, .02), (.7, .45, .02)])), .5)
    for i in range(rng.randint(1, 3)):
        x, y, high = rng.uniform(-.3, .3), i * .7, rng.uniform(.45, 1)
        s.box((x, y, .02), (.38, .38, .04), rubber() if rng.random() < .6 else orange)
        s.tube((x, y, .03), (x, y, high), .14, orange, .03)
        for k in range(rng.randint(1, 2)):
            at = .4 + .25 * k
            s.tube((x, y, high * at), (x, y, high * (at + .13)), .14 - .11 * at + .006, plain("band", (.8, .8, .78), .4), .14 - .11 * (at + .13) + .006)


def cabinet(rng, s):
    wide, deep, high = rng.uniform(.5, 1.8), rng.uniform(.3, .6), rng.uniform(.9, 1.7)
    s.box((0, 0, .05), (deep, wide, .1), concrete(rng))
    s.box((0, 0, high / 2 + .08), (deep, wide, high), printed(rng, 4) if rng.random() < .15 else coat(rng, rng.choice([grey(rng, .1, .6), near(rng, (.1, .2, .12)), paint(rng)])))
    s.box((0, 0, high + .1), (deep * 1.08, wide * 1.04, .05), coat(rng, grey(rng)))
    doors = max(1, round(wide / .6))
    for i in range(doors):
        s.box((deep / 2, wide * ((i + 1) / doors - .5), high / 2 + .1), (.008, .012, high * .9), rubber())
        s.box((deep / 2 + .01, wide * ((i + .8) / doors - .5), high * .55), (.02, .03, .12), metal(rng))
    for k in range(rng.randint(0, 4)):
        s.box((deep / 2, 0, high * .85 + k * .03), (.01, wide * .5, .012), rubber())
    if rng.random() < .5:
        s.box((deep / 2 + .004, -wide * .2, high * .75), (.006, .16, .14), plain("warn", (.8, .6, .02), .5))


def mailbox(rng, s):
    skin = coat(rng, rng.choice([(.5, .02, .02), (.02, .18, .06), (.75, .5, .02), (.05, .1, .4), (.75, .25, .02)]), .35)
    high, wide = rng.uniform(.9, 1.5), rng.uniform(.4, .75)
    if rng.random() < .5:
        s.tube((0, 0, .05), (0, 0, high), wide / 2, skin, sides=20)
        s.blob((0, 0, high), (wide / 2 * 1.08, wide / 2 * 1.08, .13), skin, 20, 8)
    else:
        foot = rng.uniform(.1, .7)
        s.box((0, 0, (high + foot) / 2), (wide * .7, wide, high - foot), skin)
        s.tube((0, -wide / 2, high), (0, wide / 2, high), wide * .35, skin, sides=18)
        for sy in (-1, 1):
            s.box((0, sy * wide * .3, foot / 2), (.06, .06, foot), skin)
    s.box((wide * .36 if high else 0, 0, high * .82), (.06, wide * .6, .035), rubber())
    s.box((wide * .37, 0, high * .6), (.06, wide * .4, .2), plain("notice", (.8, .8, .76), .6))


def hydrant(rng, s):
    red = coat(rng, rng.choice([(.55, .03, .02), (.7, .5, .02), (.04, .1, .4), (.6, .6, .58)]), .4)
    high, r = rng.uniform(.5, .95), rng.uniform(.09, .15)
    s.tube((0, 0, 0), (0, 0, .06), r * 1.5, red)
    s.tube((0, 0, 0), (0, 0, high), r, red)
    s.blob((0, 0, high), (r * 1.15, r * 1.15, r), red)
    s.tube((0, -r * 1.8, high * .65), (0, r * 1.8, high * .65), r * .45, red)
    s.tube((0, 0, high * .6), (r * 1.7, 0, high * .6), r * .6, metal(rng))


def phone_box(rng, s):
    skin, high = coat(rng), rng.uniform(1.9, 2.4)
    s.box((0, 0, high), (.95, .95, .18), skin, 0, .9)
    s.box((0, 0, .05), (.9, .9, .1), concrete(rng))
    for sx in (-1, 1):
        for sy in (-1, 1):
            s.box((sx * .42, sy * .42, high / 2), (.06, .06, high), skin)
    for side in (-1, 1):
        s.box((0, side * .42, high / 2), (.8, .01, high * .85), glass())
    s.box((-.42, 0, high / 2), (.02, .8, high * .9), skin)
    s.box((-.3, 0, 1.3), (.15, .3, .5), coat(rng, grey(rng)))


def bench(rng, s):
    skin, legs, wide = wood(rng) if rng.random() < .7 else metal(rng), coat(rng, grey(rng)), rng.uniform(1.2, 2.2)
    for i in range(4):
        s.box((-.2 + i * .12, 0, .44), (.1, wide, .035), skin)
    if rng.random() < .7:
        _slats(s, skin, -.28, wide, (.6, .72, .84))
    for sy in (-1, 1):
        s.box((0, sy * wide * .42, .21), (.45, .06, .42), legs)
        s.box((-.27, sy * wide * .42, .6), (.05, .06, .55), legs)


def cycle_stand(rng, s):
    skin, n, high = metal(rng), rng.randint(1, 5), rng.uniform(.6, .9)
    for i in range(n):
        y = i * .7
        for x in (-.35, .35):
            s.tube((x, y, 0), (x, y, high - .1), .025, skin)
            s.tube((x, y, high - .1), (0, y, high), .025, skin)
    if rng.random() < .4:
        vehicles_frame(rng, s, .35)


def vehicles_frame(rng, s, y):
    """The bare shape of a leaning bicycle frame without wheels."""
    skin = coat(rng)
    for a, b in (((-.4, .35), (.1, .75)), ((.1, .75), (.45, .4)), ((-.1, .3), (.1, .75))):
        s.tube((a[0], y, a[1]), (b[0], y, b[1]), .02, skin)


def barrier(rng, s):
    wide, kind = rng.uniform(1.2, 2.4), rng.random()
    if kind < .4:  # crowd barrier
        skin = metal(rng)
        for z in (.15, 1.0):
            s.tube((0, -wide / 2, z), (0, wide / 2, z), .02, skin)
        for i in range(int(wide / .13) + 1):
            y = -wide / 2 + i * wide / int(wide / .13)
            s.tube((0, y, .15), (0, y, 1.0), .009, skin, sides=5)
        for sy in (-1, 1):
            s.tube((-.3, sy * wide * .4, .02), (.3, sy * wide * .4, .02), .02, skin)
            s.tube((0, sy * wide * .4, 0), (0, sy * wide * .4, .2), .02, skin)
    elif kind < .7:  # board on feet
        s.box((0, 0, .85), (.03, wide, rng.uniform(.15, .3)), stripes(rng, (rng.choice([(.7, .03, .02), (.75, .5, .02)]), (.8, .8, .78)), .2, 1))
        for sy in (-1, 1):
            s.box((0, sy * wide * .4, .45), (.05, .05, .9), coat(rng, grey(rng)))
            s.box((0, sy * wide * .4, .03), (.5, .12, .06), rubber())
    else:  # plastic water barrier
        s.box((0, 0, .4), (.45, wide, .8), coat(rng, rng.choice([(.7, .03, .02), (.8, .8, .78), (.75, .3, .02)])), 0, .6)
        s.box((0, 0, .06), (.5, wide * .95, .12), rubber())


def block(rng, s):
    skin, wide = concrete(rng), rng.uniform(.5, 2.2)
    for i in range(rng.randint(1, 3)):
        s.box((rng.gauss(0, .03), i * (wide + .1), .3), (rng.uniform(.4, .6), wide, rng.uniform(.45, .8)), skin, rng.gauss(0, .03), rng.uniform(.55, 1))


def closed_parasol(rng, s):
    high, skin = rng.uniform(2, 3), cloth(rng)
    s.tube((0, 0, 0), (0, 0, high), .025, metal(rng))
    s.box((0, 0, .05), (.5, .5, .1), concrete(rng))
    s.tube((0, 0, high * .4), (0, 0, high * .55), .14, skin, .12, 9)
    s.tube((0, 0, high * .55), (0, 0, high * .98), .12, skin, .03, 9)
    s.tube((0, 0, high * .55), (0, 0, high * .57), .14, coat(rng))


def shelter_panel(rng, s):
    wide, high, frame = rng.uniform(1, 1.4), rng.uniform(1.8, 2.3), metal(rng)
    s.box((0, 0, high / 2 + .2), (.12, wide, high), frame)
    for side in (-1, 1):
        s.box((side * .065, 0, high / 2 + .22), (.01, wide * .86, high * .86), printed(rng, 2) if rng.random() < .7 else glass())
    for sy in (-1, 1):
        s.box((0, sy * wide * .4, .12), (.1, .1, .24), frame)


def air_conditioner(rng, s):
    skin = coat(rng, near(rng, (.65, .65, .6)), .4)
    for i in range(rng.choice([1, 1, 2])):
        z = .1 + i * .75
        s.box((0, 0, z + .33), (.35, .85, .66), skin)
        s.tube((.17, -.12, z + .34), (.185, -.12, z + .34), .26, plain("fan", (.03, .03, .03), .7), sides=22)
        for k in range(4):
            s.ring((.19, -.12, z + .34), (1, 0, 0), .06 + .06 * k, .006, metal(rng), 18, 4)
        for sy in (-1, 1):
            s.box((0, sy * .3, z - .05), (.4, .05, .1), metal(rng))


def covered_scooter(rng, s):
    skin = plain("cover", rng.choice([grey(rng, .1, .5), hue(rng, (.2, .7))]), .6, bump=.8, scale=6)
    s.blob((-.3, 0, .45), (.65, .33, .5), skin, 16, 10, .14, rng)
    s.blob((.4, 0, .6), (.35, .36, .6), skin, 16, 10, .14, rng)
    s.box((0, 0, .22), (1.5, .5, .42), skin, 0, .85)
    for x in (-.65, .7):
        wheel(rng, s, x, 0, .24, .1)


def locker(rng, s):
    wide, high, deep = rng.uniform(.9, 2.6), rng.uniform(1.2, 2.1), rng.uniform(.45, .65)
    skin, door = coat(rng), coat(rng)
    s.box((0, 0, high / 2), (deep, wide, high), skin)
    columns, rows = max(2, round(wide / .45)), rng.randint(3, 6)
    for i in range(columns):
        for j in range(rows):
            s.box((deep / 2, wide * ((i + .5) / columns - .5), high * (j + .5) / rows), (.02, wide / columns * .92, high / rows * .9), door)
    lettering(rng, s, deep / 2 + .02, 0, high + .1, wide * .9, .2)


def suitcase(rng, s):
    for i in range(rng.randint(1, 3)):
        high, skin, y = rng.uniform(.45, .75), coat(rng), i * .42
        s.box((rng.gauss(0, .05), y, high / 2 + .05), (.26, high * .65, high), skin, rng.gauss(0, .3), .97)
        s.box((0, y, high + .2), (.03, .2, .03), metal(rng))
        for sy in (-.09, .09):
            s.tube((0, y + sy, high), (0, y + sy, high + .2), .01, metal(rng), sides=5)


def pram(rng, s):
    skin = coat(rng)
    s.box((0, 0, .62), (.75, .38, .25), skin, 0, 1.15)
    s.blob((-.22, 0, .82), (.28, .24, .26), skin, 14, 9)
    for x in (-.32, .32):
        for y in (-.24, .24):
            wheel(rng, s, x, y, .13 if x > 0 else .18, .04)
            s.tube((x, y * .9, .14), (0, y * .8, .55), .013, metal(rng), sides=6)
    for y in (-.2, .2):
        s.tube((.3, y, .6), (.65, y, 1.05), .012, metal(rng), sides=6)
    s.tube((.65, -.2, 1.05), (.65, .2, 1.05), .016, rubber())


def pallets(rng, s):
    skin, wide, deep = wood(rng), rng.uniform(1.0, 1.2), .8
    for level in range(rng.randint(2, 9)):
        z = level * .145
        for x in (-.34, 0, .34):
            s.box((x, 0, z + .06), (.1, wide, .1), skin)
        for k in range(6):
            s.box((0, wide * ((k + .5) / 6 - .5), z + .125), (deep, wide / 7.5, .022), skin)


def signboard(rng, s):
    high, wide = rng.uniform(.7, 1.3), rng.uniform(.45, .8)
    for side in (-1, 1):
        s.add([(side * .25, -wide / 2, 0), (side * .25, wide / 2, 0), (side * .02, wide / 2, high), (side * .02, -wide / 2, high)], [(0, 1, 2, 3)], coat(rng))
    lettering(rng, s, .16, 0, high * .5, wide * .8, high * .6)


def advert_column(rng, s):
    high, r = rng.uniform(1.8, 2.8), rng.uniform(.3, .6)
    s.tube((0, 0, 0), (0, 0, .2), r * 1.08, concrete(rng), sides=24)
    s.tube((0, 0, .2), (0, 0, high), r, printed(rng, 3), sides=24)
    s.tube((0, 0, high), (0, 0, high + .15), r * 1.12, coat(rng), r * .8, 24)


def meter(rng, s):
    """A ticket machine or charging post."""
    wide, high = rng.uniform(.2, .5), rng.uniform(1.1, 1.8)
    s.box((0, 0, high / 2), (wide * .7, wide, high), coat(rng))
    s.box((wide * .36, 0, high * .82), (.02, wide * .6, .16), glass())
    s.box((wide * .36, 0, high * .6), (.02, wide * .5, .1), coat(rng))
    if rng.random() < .4:
        s.tube((wide * .3, wide * .3, high * .7), (wide * .6, wide * .5, high * .25), .02, rubber())


def boulder(rng, s):
    for _ in range(rng.randint(1, 3)):
        r = rng.uniform(.2, .5)
        s.blob((rng.uniform(-.4, .4), rng.uniform(-.4, .4), r * .5), (r, r * rng.uniform(.7, 1.2), r * .8), concrete(rng), 12, 8, .3, rng)


def drum_barrels(rng, s):
    """Road works: barrels with bands, a cable reel, a tool chest."""
    kind = rng.random()
    if kind < .5:
        s.tube((0, 0, .1), (0, 0, 1.0), .25, plain("barrel", (.75, .2, .02), .5), .2)
        for z in (.35, .7):
            s.tube((0, 0, z), (0, 0, z + .12), .245 - .05 * z, plain("band", (.8, .8, .78), .4), .24 - .05 * z)
        s.box((0, 0, .05), (.6, .6, .1), rubber())
    else:
        r, wide = rng.uniform(.35, .8), rng.uniform(.4, .8)
        for sy in (-1, 1):
            s.tube((0, sy * wide / 2, r), (0, sy * (wide / 2 + .05), r), r, wood(rng), sides=22, smooth=False)
        s.tube((0, -wide / 2, r), (0, wide / 2, r), r * .6, coat(rng), sides=16)


_DISTRACTORS = {f.__name__: f for f in (planter, bollards, cones, cabinet, mailbox, hydrant, phone_box, bench, cycle_stand, barrier, block, closed_parasol,
                                        shelter_panel, air_conditioner, covered_scooter, locker, suitcase, pram, pallets, signboard, advert_column, meter,
                                        boulder, drum_barrels)}
