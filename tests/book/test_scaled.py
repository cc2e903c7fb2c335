"""Which cells are not compared in the browser: those that depend on a smaller training there, and no others."""

import pytest
from scaled import scaled_cells

TRAINED = "network = build(rng)\nlosses = train(network, x, fewer(60, in_browser=6))"


@pytest.mark.parametrize(
    ("later", "depends"),
    [
        ("print(losses[-1])", True),
        ("print(network)", True),  # was trained in place
        ("print(rng.normal())", False),  # was used before, but by what is not scaled
        ("print(np.exp(1))", False),
        ("def draw(ax):\n    ax.plot(losses)\nshow(draw)", True),
        ("def draw(ax, losses):\n    ax.plot(losses)\nshow(draw)", False),  # a name of its own
        ("losses = [1, 2]\nprint(losses)", False),
        ("print([losses for losses in (1, 2)])", False),
        ("for loss in losses:\n    print('one more')", True),
        ("if losses[-1] < 1:\n    good = True\nprint(good)", True),
        ("for losses in (1, 2):\n    print(losses)", False),
    ],
)
def test_what_reads_a_scaled_name_is_scaled(later, depends):
    assert scaled_cells(["import numpy as np", "print(1)", TRAINED, later]) == ({2, 3} if depends else {2})


def test_a_function_that_scales_makes_its_callers_scaled():
    sources = [
        "def train(network):\n    return fit(network, fewer(60, in_browser=6))",
        "network = build()",
        "print(network)",
        "train(network)",
        "print(network)",
        "def best():\n    return train(network)",
        "print(best())",
    ]
    assert scaled_cells(sources) == {0, 3, 4, 5, 6}


def test_a_loop_hands_on_what_its_end_assigns():
    assert scaled_cells(["for i in (1, 2):\n    a = b\n    b = fewer(9, in_browser=1)", "print(a)"]) == {0, 1}


def test_a_name_taken_again_by_a_loop_is_not_scaled():
    assert scaled_cells([TRAINED, "for i in (1, 2):\n    losses = list(y)\n    print(losses)"]) == {0}


def test_without_fewer_no_cell_is_scaled():
    assert scaled_cells(["x = 1", "print(x)"]) == set()
