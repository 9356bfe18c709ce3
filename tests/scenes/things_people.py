# SPDX-License-Identifier: GPL-3.0-or-later
"""People beside things: a pool of bodies that every picture shares, dressed anew each time."""
import math

import people
from materials import clothes
from shapes import link, register

_pool = {}


def _body(pose, phase):
    """One unit body a pose; its material is set on the object, so that two may wear different clothes."""
    key = (pose, phase)
    if key not in _pool:
        material = clothes((.5, .5, .5), (.1, .1, .1), (0, 0, 0), (.4, .3, .2), 1.0)
        _pool[key] = people._fuse(people._body(1.0, material, phase, pose), material)
        _pool[key].use_fake_user = True
    return _pool[key]


def person(rng, x, y, turn, pose, z=0.0):
    skin = tuple(c * rng.uniform(.25, 1.25) for c in (.48, .29, .19))
    hair = rng.choice([(.012, .01, .009), (.012, .01, .009), (.1, .05, .02), (.4, .38, .36), (.5, .1, .05), (.6, .58, .5)])
    top = tuple(rng.random() ** 1.5 * m for m in (.75, .65, .65))
    mesh = _body(pose, rng.randrange(people.PHASES) if pose == "walk" else 0)
    thing = link("person", mesh)
    thing.material_slots[0].link = "OBJECT"
    thing.material_slots[0].material = clothes(top, tuple(rng.random() ** 1.5 * m for m in (.4, .36, .45)), hair, skin, 1.0)
    size = rng.uniform(.88, 1.1)
    thing.location, thing.rotation_euler, thing.scale = (x, y, z), (rng.gauss(0, .03), rng.gauss(0, .06), turn), (size, size * rng.uniform(.95, 1.3), size)
    return register(thing, "person")


def stand(rng, x, y, turn):
    return person(rng, x, y, turn + rng.gauss(0, .25), rng.choice(["stand", "stand", "walk"]))


def sit(rng, x, y, turn, seat=.45):
    """On something `seat` metres high: the body's hip is .9 m up."""
    return person(rng, x, y, turn, "ride", seat + .06 - .85)


def ride(rng, x, y, turn, saddle):
    return person(rng, x - .1 * math.cos(turn), y - .1 * math.sin(turn), turn, "ride", saddle - .83)
