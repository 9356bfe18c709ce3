"""Positions: stated radius and ellipse hold 95 % of honest errors, a turned or shrunk ellipse is found out."""

import json
import math

import numpy as np
import pytest

from score import positions
from score.positions import Located

from .conftest import put

LON, LAT = 114.34, 22.69
EAST, NORTH = 1 / 102_770.0, 1 / 110_739.7
SPREAD = 2.447746830680816  # radius that holds 95 % of a round normal spread of 1 m


def spread(seed: int, turned: float = 0.0, scale: float = 1.0, n: int = 2000) -> tuple[list, list]:
    """Errors of 0.6 m along 30 degrees from north and 0.2 m across; the stated ellipse may be turned or scaled."""
    random, bearing = np.random.default_rng(seed), math.radians(30)
    truth, located = [], []
    for along, across in random.normal(0, [0.6, 0.2], (n, 2)):
        east = along * math.sin(bearing) + across * math.cos(bearing)
        north = along * math.cos(bearing) - across * math.sin(bearing)
        truth.append((LON, LAT))
        located.append(Located(LON + east * EAST, LAT + north * NORTH, 0.6 * 2, (0.6 * SPREAD * scale, 0.2 * SPREAD * scale, 30 + turned)))
    return truth, located


def by_name(truth: list, located: list) -> dict:
    return {figure.name: figure for figure in positions.scored(truth, located)}


def test_an_honest_ellipse_holds_95_percent():
    figures = by_name(*spread(1))
    ellipse = figures["inside the stated 95 % ellipse"]
    assert ellipse.low < 0.95 < ellipse.high
    assert figures["error median, metres"].value == pytest.approx(0.45, abs=0.05)


@pytest.mark.parametrize("wrong", [{"turned": 90}, {"scale": 0.5}])
def test_a_wrong_ellipse_is_found_out(wrong):
    assert by_name(*spread(2, **wrong))["inside the stated 95 % ellipse"].high < 0.8


def test_plain_and_json_answers_of_locate_are_read(tmp_path):
    plain = put(tmp_path / "plain", f"{LON},{LAT},42,0.5,N50F\nrefused,outside the calibrated hull\n")
    row = {
        "lon_deg": LON,
        "lat_deg": LAT,
        "error_metres": 0.5,
        "ellipse_95": {"semi_major_metres": 1, "semi_minor_metres": 0.5, "bearing_deg": 10},
    }
    rich = put(tmp_path / "rich", json.dumps(row) + '\n{"refused":"outside the calibrated hull"}\n')
    assert positions.read_located(plain) == [Located(LON, LAT, 0.5, None), None]
    assert positions.read_located(rich) == [Located(LON, LAT, 0.5, (1, 0.5, 10)), None]
    figures = by_name([(LON, LAT), (LON, LAT)], positions.read_located(rich))
    assert figures["refused"].value == 0.5 and figures["inside the stated 95 % radius"].n == 1
