"""Intervals against published values; the bootstrap repeats itself; the table says where each figure comes from."""

import json

import numpy as np
import pytest

from score import sheet, table
from score.figure import Figure, bootstrapped, rate, resampling, share

from .conftest import put


def test_wilson():
    figure = share("x", 8, 10, "boxes")
    assert (figure.low, figure.high) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)
    assert share("x", 0, 10, "boxes").low == 0 and share("x", 10, 10, "boxes").high == 1
    assert share("x", 0, 0, "boxes").value is None


def test_poisson():
    assert rate("x", 0, 1, "cases").high == pytest.approx(3.688879, abs=1e-6)  # -ln(.025)
    assert (rate("x", 10, 2, "cases").low, rate("x", 10, 2, "cases").high) == pytest.approx((4.795389 / 2, 18.390356 / 2), abs=1e-5)


def test_bootstrap_of_a_mean_is_as_wide_as_theory_and_repeats():
    values = np.random.default_rng(3).normal(5, 2, 400)
    first, again = (bootstrapped("mean", "values", 400, lambda w: float(w @ values) / 400) for _ in range(2))
    assert first == again
    assert (first.high - first.low) / (2 * 1.96 * values.std() / 20) == pytest.approx(1, abs=0.1)


def test_blocks_keep_neighbours_together():
    drawn = resampling(100, 5, draws=7)
    assert drawn.units == 5 and (drawn.weight.reshape(8, 5, 20) == drawn.weight.reshape(8, 5, 20)[:, :, :1]).all()
    assert (drawn.weight[0] == 1).all()


def test_table_names_data_n_interval_and_date(tmp_path):
    path = tmp_path / "score.json"
    figures = [
        Figure("MOTA", 0.5, 0.25, 0.75, 12, "true boxes", "bootstrap over 3 blocks of frames"),
        Figure("HOTA", None, None, None, 0, "true boxes", "none: no data"),
    ]
    sheet.write(path, "tracks", "a | walk", "2026-01-02", figures)
    assert table.of_scores([path], everything=True).splitlines()[2:] == [
        "| tracks | a / walk | MOTA | 0.500 | 0.250 to 0.750 | 12 true boxes | 2026-01-02 |",
        "| tracks | a / walk | HOTA | – | none: no data | 0 | 2026-01-02 |",
    ]


def test_sheet_is_plain_json(tmp_path):
    path = put(tmp_path / "x", sheet.write(None, "tracks", "walk", "2026-01-02", [share("x", 1, 3, "ids")]))
    body, figures = sheet.read(path)
    assert figures[0].value == pytest.approx(1 / 3) and json.loads(path.read_text()) == body


def test_the_page_and_the_readme_hold_the_table_and_what_was_skipped(tmp_path):
    path = tmp_path / "score.json"
    sheet.write(
        path,
        "tracks",
        "walk",
        "2026-01-02",
        [Figure("MOTA", 0.5, 0.25, 0.75, 12, "true boxes", "x"), Figure("id switches", 3.0, 1.0, 7.0, 3, "switches", "x")],
    )
    page = table.page([path], ["the moon"], "street-nano")
    assert page.count("| MOTA |") == 2 and page.count("| id switches |") == 1 and "- the moon" in page
    readme = put(tmp_path / "README.md", f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n")
    table.into_readme(readme, [path])
    assert "old" not in readme.read_text() and "| MOTA |" in readme.read_text() and readme.read_text().endswith(f"{table.END}\nafter\n")
    bare = put(tmp_path / "bare.md", "no marks\n")
    table.into_readme(bare, [path])
    assert bare.read_text() == "no marks\n"
