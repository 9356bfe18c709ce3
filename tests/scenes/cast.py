# SPDX-License-Identifier: GPL-3.0-or-later
"""The cast of the state library: things, the states they can be in, and the ways they move, each as a take.

Places are canonical (see sets.py). A take's name is "<thing>/<what>"; its steps are 1 / FPS apart. Takes of one thing share the
thing's key, so a walker who then stands is one id in the truth. `up` is where the traffic of the near lane comes from.
"""
import math
import random
from dataclasses import dataclass

import furniture
import vehicles
from furniture import Bin, Stall, canopy, garbage
from materials import cardboard, plain, steel
from people import PHASES, Person
from shapes import Shape, instances, register, show
from story import STRIDE_METRES, Path

FPS = 5
STOWED_METRES = -500.0  # what is not in the picture waits below the ground: cheaper than hiding it
STALL_AT, BIN_AT, PILE_AT = (-2.1, 15.6), ((-3.9, 9.7), (-3.9, 11.1)), (-3.45, 12.1)
TRIKE_AT, PARKED_AT, VAN_AT = (.8, 18.2), (1.05, 14.0), (1.1, 12.5)
CLOTHES = [((.7, .7, .68), (.05, .06, .12), 1.74), ((.6, .45, .05), (.02, .02, .03), 1.66), ((.05, .3, .2), (.1, .09, .08), 1.70), ((.35, .08, .3), (.03, .03, .05), 1.62),
           ((.12, .16, .3), (.04, .05, .1), 1.78), ((.5, .12, .1), (.12, .11, .1), 1.6), ((.06, .06, .07), (.2, .19, .17), 1.72)]


@dataclass
class Take:
    name: str
    roots: list  # Blender objects that are in the picture
    pose: object  # step -> whether anything is shown; puts the roots where they are
    steps: int = 1

    @property
    def key(self):
        return self.name.split("/")[0]


class Cast:
    """Builds the things of a layout. `takes` maps names to takes, `keys` instance ids to the things' keys."""

    def __init__(self, layout, light):
        self.layout, self.lit, self.takes, self.keys = layout, light in ("dusk", "night"), {}, {}
        self.up, self.down = (-14, 62) if layout.mirrored else (62, -14)
        for part in (self._bins, self._garbage, self._stall, self._near_misses, self._passers_by, self._crowd):
            part()
        if layout.cars:
            self._traffic()
            self._parking()
        self.roots = list({root.name: root for take in self.takes.values() for root in take.roots}.values())
        self.stow()

    def stow(self):
        for root in self.roots:
            if root.location.z != STOWED_METRES:
                root.location.z = STOWED_METRES

    def _key(self, key, first):
        """Names every instance made since there were `first` of them; a second thing of a kind gets its class appended."""
        for instance in instances()[first:]:
            self.keys[instance.id] = key if key not in self.keys.values() else f"{key}.{instance.kind}"

    def _add(self, name, roots, pose, steps=1):
        self.takes[name] = Take(name, roots, pose, steps)

    def _put(self, root, x, y, turn=0.0, z=None):
        wx, wy, wt = self.layout.place(x, y, turn)
        root.location, root.rotation_euler.z = (wx, wy, self.layout.ground(x, y) if z is None else z), wt

    def _states(self, key, roots, states, x, y, turn=0.0):
        """Takes of one step each: `states` maps a name to what must be set for it. All roots stand at one place."""
        def pose(change):
            def put(_):
                for root in roots:
                    self._put(root, x, y, turn)
                change()
                return True
            return put
        for name, change in states.items():
            self._add(f"{key}/{name}", roots, pose(change))

    def _move(self, name, path, bodies):
        """A take along a path; `bodies` = [(root, person or None, metres behind the path's point, height above ground)]."""
        start, end = path.times[0], path.times[-1]

        def pose(step):
            x, y, speed, heading, walked = path.at(min(start + step / FPS, end - 1e-3))
            for root, person, back, lift in bodies:
                self._put(root, x - back * math.cos(heading), y - back * math.sin(heading), heading, self.layout.ground(x, y) + lift)
                if person:
                    person.take("walk" if speed > .15 else "stand", walked / STRIDE_METRES * PHASES)
            return True
        self._add(name, [b[0] for b in bodies], pose, max(1, math.ceil((end - start) * FPS)))

    def _person(self, key, look, pose="stand"):
        first, (top, trousers, height) = len(instances()), look
        person = Person(0, 0, 0, top, trousers, height, pose, poses=(pose,) if pose == "ride" else ("walk", "stand"))
        self._key(key, first)
        return person

    def _stand(self, name, person, x, y, turn, others=()):
        def pose(_):
            person.take("stand")
            self._put(person.thing, x, y, turn)
            for other in others:
                self._put(other, x, y, turn)
            return True
        self._add(name, [person.thing, *others], pose)

    def _bins(self):
        for key, at, colour, heap in (("bin_blue", BIN_AT[0], (.05, .08, .2), 5), ("bin_green", BIN_AT[1], (.02, .14, .05), 7)):
            first = len(instances())
            full, over = (Bin(0, 0, 0, colour, heap=n, seed=2, scale=1.15) for n in (2, heap))
            full.heap.location.z = -.16  # up to the rim, not above it
            self._key(key, first)
            same = self.keys[full.instance.id]
            self.keys[over.instance.id] = same  # two objects, one bin

            def closed(full=full):
                full.set_overflowing(False)

            def filled(full=full):
                full.set_overflowing(True, 1.75)
                full.instance.kind = "bin"
            self._states(key, [full.thing], {"closed": closed, "full": filled}, *at, .05)
            self._states(key, [over.thing], {"overflowing": lambda over=over: over.set_overflowing(True)}, *at, .05)

    def _garbage(self):
        for name, bags, seed, spread, boxes in (("bags", 3, 11, .35, 0), ("pile", 9, 3, .5, 3)):
            thing = garbage(0, 0, bags, seed, spread, boxes)
            self.keys[instances()[-1].id] = "garbage"
            self._states("garbage", [thing], {name: lambda: None}, *PILE_AT)
        sacks = garbage(0, 0, 5, 23, .4, 2)
        self.keys[instances()[-1].id] = "dumped"
        self._states("dumped", [sacks], {"left": lambda: None}, -1.4, 10.5)

    def _stall(self):
        first = len(instances())
        stall = Stall(0, 0, 0, 1, "fruit", colours=((.55, .03, .03), (.75, .72, .65)))
        pole = register(stall.pole, "parasol_pole")
        stall.instance.also.append(pole.id)
        self.keys.update({stall.instance.id: "stall", pole.id: "stall.pole"})
        half, _ = canopy((0, 0, 0), .2, .8, ((.55, .03, .03), (.75, .72, .65)), droop=1.5)
        furled = Shape()
        furled.tube((0, 0, 1.35), (0, 0, 2.6), .11, plain("cloth", (.55, .03, .03), .8), .04, 10)
        furled = furled.place("furled")
        register(furled, "parasol_closed")
        for instance in instances()[first:]:
            if instance.kind in ("umbrella", "parasol_closed"):
                self.keys[instance.id] = "stall.canopy"
                if instance is not stall.canopy_instance:
                    stall.instance.also.append(instance.id)

        def state(goods, pole_up, cloth):
            def put(_):
                x, y, turn = *STALL_AT, -.1
                self._put(stall.frame, x, y, turn)
                show(stall.goods, goods)
                show(stall.pole, pole_up)
                if cloth:
                    self._put(cloth, x - .45 * math.cos(turn), y - .45 * math.sin(turn), turn + .2)
                return True
            return put
        for name, goods, pole_up, cloth in (("table", False, False, None), ("goods", True, False, None), ("furled", True, True, furled),
                                            ("half", True, True, half), ("open", True, True, stall.canopy), ("shut", False, True, furled)):
            self._add(f"stall/{name}", [stall.frame] + [cloth] * bool(cloth), state(goods, pole_up, cloth))
        look = ((.15, .25, .5), (.03, .03, .03), 1.7)
        vendor = self._person("vendor", look)
        self._stand("vendor/serves", vendor, -3.05, 15.4, 0)
        self._move("vendor/sets_up", Path([(0, .15, 18.0), (1.4, -1.5, 17.1), (2.6, -2.95, 17.0), (3.8, -3.05, 15.4)], .4), [(vendor.thing, vendor, 0, 0)])
        self._move("vendor/packs", Path([(0, -3.05, 15.4), (1.4, -2.95, 17.0), (2.8, -1.6, 17.1), (4.4, .15, 18.0)], .4), [(vendor.thing, vendor, 0, 0)])
        for key, look, x, y, side in (("customer_a", CLOTHES[5], -1.15, 15.3, 1.5), ("customer_b", CLOTHES[4], -1.1, 16.3, 28)):
            person = self._person(key, look)
            reach = abs(side - y) / 1.25
            self._move(f"{key}/comes", Path([(0, -1.3, side), (reach, x, y), (reach + .4, x, y)]), [(person.thing, person, 0, 0)])
            self._stand(f"{key}/buys", person, x, y, math.pi)
            self._move(f"{key}/goes", Path([(0, x, y), (2.4, -1.6, y + 3), (10.4, -1.5, 28.5), (13.2, -5.3, 28.8)]), [(person.thing, person, 0, 0)])
        self._tricycle("trike", (.02, .09, .28), look, 8.2)
        self._tricycle("courier", (.4, .05, .03), ((.6, .4, .02), (.04, .04, .05), 1.7), 8.2, (.03, .2, .35), True)

    def _tricycle(self, key, colour, look, fast, roof=None, stays=False):
        """Comes along the near lane, stops at the kerb, drives on. `stays`: the rider keeps the saddle."""
        first = len(instances())
        trike = vehicles.tricycle(0, 0, 0, 0, colour, canopy=roof)
        self._key(key, first)
        rider = self._person(f"{key}_rider" if stays else "vendor", look, "ride")
        if not stays:
            self.keys[rider.instance.id] = "vendor"
        x, y = TRIKE_AT
        ahead = 1 if self.up < 0 else -1
        bodies = [(trike, None, 0, 0), (rider.thing, None, -.28, 0)]
        secs = abs(self.up - y) / fast
        self._move(f"{key}/comes", Path([(0, 2.5, self.up), (secs - 1, 2.4, y - ahead * 6), (secs + .8, x, y - ahead * .4), (secs + 1.2, x, y)]), bodies)
        self._move(f"{key}/leaves", Path([(0, x, y), (.8, x + .1, y + ahead * 1.2), (3, 1.7, y + ahead * 8), (3 + (abs(self.down - y) - 8) / fast, 2.5, self.down)]), bodies)
        heading = math.pi / 2 * ahead
        waiting = bodies if stays else bodies[:1]

        def stands(_):
            for root, _, back, lift in waiting:
                self._put(root, x, y - back * math.sin(heading), heading, self.layout.ground(x, y) + lift)
            return True
        self._add(f"{key}/parked", [b[0] for b in waiting], stands)

    def _near_misses(self):
        person = self._person("sheltered", ((.3, .3, .32), (.05, .06, .12), 1.68))
        cloth, _ = canopy((0, 0, 0), .3, .62, [(.03, .12, .45)] * 2, top=2.05, tilt=(.08, .05))
        self.keys[instances()[-1].id] = "sheltered.umbrella"
        handle = Shape()
        handle.tube((.05, 0, 1.15), (.05, 0, 2.02), .012, steel(), sides=6)
        handle = handle.place("handle")
        bodies = [(person.thing, person, 0, 0), (cloth, None, 0, 0), (handle, None, 0, 0)]
        x, y = -2.0, 14.0
        self._move("sheltered/comes", Path([(0, -1.4, 1.5), (10, -1.6, 13.2), (10.8, x, y), (11.2, x, y)]), bodies)
        self._stand("sheltered/waits", person, x, y, -.6, (cloth, handle))
        self._move("sheltered/goes", Path([(0, x, y), (11.6, -1.5, 28.5), (14.4, -5.3, 28.8)]), bodies)
        first = len(instances())
        shut, stem = Shape(), Shape()
        shut.tube((0, 0, 1.0), (0, 0, 2.5), .13, plain("cloth", (.03, .22, .12), .8), .05, 10)
        stem.tube((0, 0, 0), (0, 0, 2.6), .025, steel())
        stem.tube((0, 0, 0), (0, 0, .1), .25, plain("base", (.1, .1, .1), .9))
        shut, stem = shut.place("shut"), stem.place("stem")
        register(shut, "parasol_closed")
        self._key("parasol", first)
        self._states("parasol", [shut, stem], {"closed": lambda: None}, -2.4, 13.4)

    def _passers_by(self):
        def stroll(lane, northward, speed):
            stops = [(lane - .2, 1.5), (lane - .1, 12.0), (lane + .3, 14.2), (lane + .3, 17.2), (lane - .3, 19.5), (lane - .2, 27.5), (-5.3, 28.8)]
            stops, keys, now = stops if northward else stops[::-1], [], 0.0
            for i, (x, y) in enumerate(stops):
                now += math.dist(stops[i - 1], (x, y)) / speed if i else 0
                keys.append((now, x, y))
            return Path(keys)
        for i, (name, lane, northward, speed) in enumerate((("walker_white/north", -1.15, True, 1.25), ("walker_yellow/south", -1.65, False, 1.3),
                                                            ("walker_green/north", -1.7, True, 1.4), ("walker_plum/south", -1.2, False, 1.2))):
            person = self._person(name.split("/")[0], CLOTHES[i])
            self._move(name, stroll(lane, northward, speed), [(person.thing, person, 0, 0)])
        cleaner = self._person("cleaner", ((.75, .25, 0), (.03, .05, .12), 1.7))
        self._move("cleaner/comes", Path([(0, -5.3, 20.5), (1.5, -3.4, 20), (7.2, -1.9, 13.6), (8.0, -2.75, 13.1), (8.4, -2.75, 13.1)], .4), [(cleaner.thing, cleaner, 0, 0)])
        self._stand("cleaner/works", cleaner, -2.75, 13.1, -2.4)
        self._move("cleaner/goes", Path([(0, -2.75, 13.1), (1.7, -1.5, 11), (9.0, -1.45, 1.5)], .4), [(cleaner.thing, cleaner, 0, 0)])

    def _crowd(self):
        rng = random.Random(41)
        for i in range(7):
            angle = 2 * math.pi * i / 7
            x, y = -2.4 + .95 * math.cos(angle), 13.2 + 1.15 * math.sin(angle)
            look = (tuple(rng.random() ** 1.5 * m for m in (.6, .5, .5)), tuple(rng.random() * .2 for _ in range(3)), rng.uniform(1.55, 1.8))
            person = self._person(f"crowd_{i}", look)
            door = -5.3, (7.5, 19.5, 21.0)[i % 3] + rng.uniform(-.3, .3)
            mid = -1.6, (door[1] + y) / 2
            secs = (math.dist(door, mid) + math.dist(mid, (x, y))) / 1.3
            half = math.dist(door, mid) / 1.3
            self._move(f"crowd_{i}/comes", Path([(0, *door), (half, *mid), (secs, x, y), (secs + .4, x, y)], .5), [(person.thing, person, 0, 0)])
            self._stand(f"crowd_{i}/stands", person, x, y, math.atan2(13.2 - y, -2.4 - x))
            self._move(f"crowd_{i}/goes", Path([(0, x, y), (secs - half, *mid), (secs, *door)], .5), [(person.thing, person, 0, 0)])

    def _pass(self, name, lane, near, speed, bodies):
        a, b = (self.up, self.down) if near else (self.down, self.up)
        self._move(name, Path([(0, lane, a), (abs(a - b) / speed, lane, b)]), bodies)

    def _traffic(self):
        for name, colour, body, lane, near in (("car_red/passes", (.35, .02, .02), "sedan", 5.2, False), ("van_white/passes", (.7, .7, .68), "van", 2.95, True),
                                               ("car_blue/passes", (.03, .06, .2), "suv", 2.95, True)):
            first = len(instances())
            thing = vehicles.car(0, 0, 0, colour, body, self.lit)
            self._key(name.split("/")[0], first)
            self._pass(name, lane, near, 8.5, [(thing, None, 0, 0)])
        first = len(instances())
        bus = vehicles.bus(0, 0, 0, (.05, .3, .25))
        self._key("bus", first)
        self._pass("bus/passes", 3.3, True, 7.0, [(bus, None, 0, 0)])
        first = len(instances())
        bike = vehicles.ebike(0, 0, 0, (.5, .02, .02))
        self._key("ebike", first)
        rider = self._person("ebike_rider", ((.1, .3, .6), (.03, .03, .04), 1.7), "ride")
        self._pass("ebike/passes", 6.2, False, 6.0, [(bike, None, 0, 0), (rider.thing, None, .28, -.1)])
        if self.layout.crossing:
            self._crossing_traffic()

    def _crossing_traffic(self):
        """On the second road: it passes between the camera and the corner."""
        for key, make, lane, west, speed in (("cross_bus", lambda: vehicles.bus(0, 0, 0, (.45, .08, .04)), 6.25, True, 7.0),
                                             ("cross_van", lambda: vehicles.car(0, 0, 0, (.5, .48, .4), "van", self.lit), 6.25, True, 8.0),
                                             ("cross_car", lambda: vehicles.car(0, 0, 0, (.1, .22, .14), "sedan", self.lit), 2.75, False, 8.0)):
            first, reach = len(instances()), 34
            thing = make()
            self._key(key, first)
            a, b = (reach, -reach) if west else (-reach, reach)
            self._move(f"{key}/passes", Path([(0, a, lane), (2 * reach / speed, b, lane)]), [(thing, None, 0, 0)])

    def _parking(self):
        """Cars that stand, one that stops where it must not, a van that is unloaded, a lorry that hides what is behind it."""
        ahead = math.pi / 2 if self.up < 0 else -math.pi / 2
        for key, x, y, colour, body in (("parked_silver", 1.05, 26.5, (.55, .55, .57), "sedan"), ("parked_black", 1.0, 33.0, (.02, .02, .025), "suv")):
            first = len(instances())
            thing = vehicles.car(0, 0, 0, colour, body)
            self._key(key, first)
            self._states(key, [thing], {"stands": lambda: None}, x, y, ahead)
        step = 1 if self.up < 0 else -1
        for key, (x, y), colour, body in (("offender", PARKED_AT, (.25, .26, .27), "sedan"), ("supplier", VAN_AT, (.6, .6, .58), "van")):
            first = len(instances())
            thing = vehicles.car(0, 0, 0, colour, body, self.lit)
            self._key(key, first)
            bodies, secs = [(thing, None, 0, 0)], abs(self.up - y) / 8
            self._move(f"{key}/comes", Path([(0, 2.7, self.up), (secs - 2, 2.7, y - step * 9), (secs + 1, x, y - step * 1.2), (secs + 2, x, y), (secs + 2.4, x, y)]), bodies)
            self._states(key, [thing], {"stands": lambda: None}, x, y, ahead)
            self._move(f"{key}/leaves", Path([(0, x, y), (1, x, y + step * 1.2), (3, 2.6, y + step * 9), (3 + abs(self.down - y - 9) / 8, 2.8, self.down)]), bodies)
        first = len(instances())
        lorry = vehicles.truck(0, 0, 0, (.5, .5, .5), (.1, .25, .4))
        self._key("lorry", first)
        self._states("lorry", [lorry], {"stands": lambda: None}, 1.25, 8.0, ahead)
        loader, carton = self._person("loader", ((.2, .22, .2), (.05, .05, .06), 1.73)), Shape()
        carton.box((.32, 0, 1.12), (.38, .5, .36), cardboard())
        carton = carton.place("carton")
        there = Path([(0, .05, 14.6), (.4, .05, 14.6), (4.6, -4.6, 16.8), (5.2, -5.3, 17.0)], .4)
        self._move("loader/carries", there, [(loader.thing, loader, 0, 0), (carton, None, 0, 0)])
        self._move("loader/returns", Path([(0, -5.3, 17.0), (.6, -4.6, 16.8), (4.8, .05, 14.6), (5.2, .05, 14.6)], .4), [(loader.thing, loader, 0, 0)])
