"""Curves of SVG paths, against svgpathtools."""

import re
import warnings

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from made_up_ink import several

from sketch.ink.svg_path import count_pieces, flatten, path_curves


def svgpathtools():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own dependencies, when it is imported
        import svgpathtools

    return svgpathtools


numbers = st.integers(-99, 99).map(str)
pairs = st.tuples(numbers, numbers).map(" ".join)
radii = st.tuples(st.integers(1, 60), st.integers(1, 60), st.integers(-180, 180))
arcs = st.tuples(radii, st.sampled_from(["00", "01", "10", "11"]), pairs).map(
    lambda arc: f"A{arc[0][0]} {arc[0][1]} {arc[0][2]} {arc[1]} {arc[2]}"
)
curves = st.one_of(
    arcs,
    arcs.map(str.lower),
    *(
        st.lists(pairs, min_size=count, max_size=count).map(
            lambda found, command=command: command + ",".join(found)
        )
        for command, count in zip(
            "LlCcSsQqTt", (1, 1, 3, 3, 2, 2, 2, 2, 1, 1), strict=True
        )
    ),
)


@several
@given(st.lists(curves, min_size=1, max_size=5))
def test_paths_in_svgpathtools_are_the_same(commands):
    data = "M3 4" + "".join(commands)
    try:
        # It cannot read flags that are written together.
        spaced = re.sub(r"([Aa]\S+ \S+ \S+) (.)(.) ", r"\1 \2 \3 ", data)
        path = svgpathtools().parse_path(spaced)
    except AssertionError:  # nor arcs that end where they begin, which draw nothing
        assume(False)
    (stroke,) = path_curves(data)
    points = flatten(stroke, count_pieces(stroke, float(np.ptp(stroke)) / 4000))
    size = max(float(np.ptp(points, axis=0).max()), 1e-9)
    for part in path:
        if part.start == part.end and not part.length():
            continue
        for share in np.linspace(0, 1, 9):
            place = part.point(share)
            gaps = _distances(points, (place.real, place.imag))
            assert gaps.min() < 1.5e-3 * size


def _distances(points: np.ndarray, place: tuple[float, float]) -> np.ndarray:
    """From each segment of a polyline."""
    first, along = points[:-1], np.diff(points, axis=0)
    length = np.maximum((along**2).sum(axis=1), 1e-12)
    share = np.clip(((place - first) * along).sum(axis=1) / length, 0, 1)
    return np.hypot(*(first + along * share[:, None] - place).T)


def test_arcs_without_a_length_or_a_radius_are_nothing_or_straight():
    assert path_curves("M1 1A5 5 0 0 0 1 1") == []
    (curves,) = path_curves("M1 1A0 5 0 0 0 7 1")
    assert curves.tolist() == [[[1, 1], [3, 1], [5, 1], [7, 1]]]
