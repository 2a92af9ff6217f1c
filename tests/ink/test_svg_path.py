"""Curves of SVG paths: followed closely, and damaged paths named."""

import numpy as np
import pytest

from sketch.ink.svg_path import count_pieces, flatten, path_curves


def points_of(data: str, error: float) -> np.ndarray:
    (curves,) = path_curves(data)
    return flatten(curves, count_pieces(curves, error))


def bezier(points: list[tuple[float, float]], share: float) -> np.ndarray:
    """De Casteljau's construction."""
    points = np.array(points, float)
    while len(points) > 1:
        points = points[:-1] * (1 - share) + points[1:] * share
    return points[0]


@pytest.mark.parametrize(
    ("data", "curves"),
    [
        ("M0 0C0 80 90 90 100 0", [[(0, 0), (0, 80), (90, 90), (100, 0)]]),
        ("M0 0c0 80 90 90 100 0", [[(0, 0), (0, 80), (90, 90), (100, 0)]]),
        ("M0 0Q50 90 100 0", [[(0, 0), (50, 90), (100, 0)]]),
        (
            "M0 0C0 40 40 40 50 0S90-40 100 0",
            [
                [(0, 0), (0, 40), (40, 40), (50, 0)],
                [(50, 0), (60, -40), (90, -40), (100, 0)],
            ],
        ),
        (
            "M0 0q25 50 50 0t50 0 50 0",
            [
                [(0, 0), (25, 50), (50, 0)],
                [(50, 0), (75, -50), (100, 0)],
                [(100, 0), (125, 50), (150, 0)],
            ],
        ),
        # Without a curve of the same kind before them, S and T start straight.
        ("M0 0s50 90 100 0", [[(0, 0), (0, 0), (50, 90), (100, 0)]]),
        ("M0 0H20T90 9", [[(0, 0), (10, 0), (20, 0)], [(20, 0), (20, 0), (90, 9)]]),
    ],
)
def test_curves_are_followed_closely(data, curves):
    pen = points_of(data, 150 / 4000)
    assert len(pen) < 200
    size = 150.0
    for curve in curves:
        for share in np.linspace(0, 1, 50):
            point = bezier(curve, share)
            # The distance from the polyline: to the nearest of its segments.
            first, last = pen[:-1], pen[1:]
            along = last - first
            length = np.maximum((along**2).sum(axis=1), 1e-12)
            place = np.clip(((point - first) * along).sum(axis=1) / length, 0, 1)
            nearest = first + along * place[:, None]
            assert np.hypot(*(nearest - point).T).min() < size / 3000
