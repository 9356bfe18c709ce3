"""A figure with its 95 % interval, and the four ways an interval is made here.

Shares of independent trials: Wilson. Counts over time: exact Poisson (Garwood). Everything else: percentile bootstrap
over the units that were drawn together (pictures, blocks of frames, events), by weights, seeded, so that the same input
gives the same bytes. A figure that the data cannot give is None, never a flattering number.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import chi2

DRAWS = 1000
SEED = 1
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Figure:
    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    of: str  # what n counts
    interval: str  # how low and high were made

    def json(self) -> dict[str, Any]:
        return {key: round(v, 9) if isinstance(v, float) else v for key, v in asdict(self).items()}


def finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def share(name: str, hits: int, n: int, of: str) -> Figure:
    """Wilson's interval of hits among n independent trials."""
    if n == 0:
        return Figure(name, None, None, None, 0, of, "none: no trials")
    p, z2 = hits / n, Z95**2
    middle, reach = p + z2 / (2 * n), Z95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    # At 0 and n hits the interval ends at 0 and 1, but for rounding.
    low = 0.0 if hits == 0 else (middle - reach) / (1 + z2 / n)
    high = 1.0 if hits == n else (middle + reach) / (1 + z2 / n)
    return Figure(name, p, low, high, n, of, "Wilson")


def rate(name: str, count: int, exposure: float, of: str) -> Figure:
    """Exact Poisson interval of a count over an exposure (hours)."""
    if exposure <= 0:
        return Figure(name, None, None, None, count, of, "none: no exposure")
    low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    high = chi2.ppf(0.975, 2 * count + 2) / 2
    return Figure(name, count / exposure, float(low) / exposure, float(high) / exposure, count, of, "exact Poisson")


def weights(units: int, draws: int = DRAWS, seed: int = SEED) -> np.ndarray:
    """[1 + draws, units]: each unit once, for the figure itself, then how often each unit is in each resample."""
    if units == 0:
        return np.zeros((1 + draws, 0), int)
    drawn = np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), size=draws)
    return np.concatenate([np.ones((1, units), int), drawn])


@dataclass(frozen=True)
class Resampling:
    """How pictures are resampled: one by one, or in blocks of neighbours, since frames of one clip are not independent."""

    unit: str
    units: int
    weight: np.ndarray  # [1 + draws, pictures]


def resampling(pictures: int, blocks: int | None, draws: int = DRAWS) -> Resampling:
    if blocks is None or blocks >= pictures:
        return Resampling("pictures", pictures, weights(pictures, draws))
    block_of = np.arange(pictures) * blocks // pictures
    return Resampling("blocks of pictures", blocks, weights(blocks, draws)[:, block_of])


def from_draws(name: str, unit: str, units: int, sample: np.ndarray, n: int | None = None, of: str | None = None) -> Figure:
    """`sample` holds the figure itself, then its value in each resample of the `units`; n and of where not units are counted."""
    n, of = units if n is None else n, of or unit
    if units == 0:
        return Figure(name, None, None, None, n, of, "none: no data")
    value, rest = finite(float(sample[0])), sample[1:][np.isfinite(sample[1:])]
    if value is None:
        return Figure(name, None, None, None, n, of, "none: not defined here")
    if units < 2 or len(rest) == 0:
        return Figure(name, value, None, None, n, of, "none: one unit only")
    low, high = np.percentile(rest, [2.5, 97.5])
    if low == high:  # all found, or all missed: resampling cannot show doubt, and no width would flatter
        return Figure(name, value, None, None, n, of, "none: no resample differs")
    return Figure(name, value, float(low), float(high), n, of, f"bootstrap over {units} {unit}")


def bootstrapped(name: str, unit: str, units: int, measure: Callable[[np.ndarray], float]) -> Figure:
    """`measure` takes the weight of each unit; the figure itself is the measure at weight one."""
    return from_draws(name, unit, units, np.array([measure(row) for row in weights(units)], float))


def quantile(values: np.ndarray, weight: np.ndarray, share_below: float) -> float:
    """Quantile of values repeated by weight, interpolated as numpy does."""
    repeated = np.repeat(values, weight)
    return float(np.quantile(repeated, share_below)) if len(repeated) else math.nan
