"""touch.js by itself, in Node: what it computes is what Python computes."""

import json
import random
import subprocess

import numpy as np
from touching import arguments, read, touched_digit, touched_line, touched_window, trained

from dlnotes.explore import Pad, player_files, steps
from dlnotes.explore.touched import Touched, fixed
from publish.project import ROOT

NODE = ROOT / ".venv" / "bin" / "node"
SCRIPT = """
const { OPERATIONS, evaluate, fixed } = globalThis.dlnotesTouch;
const arrayOf = ([shape, data]) => ({ shape, data: Float64Array.from(data, (entry) => entry ?? NaN) });
const plain = ({ shape, data }) => [shape, [...data]]; // JSON has no NaN: it becomes null
const given = JSON.parse(require("fs").readFileSync(0));
"""


def in_javascript(expression, given):
    """Return what an expression is in JavaScript, where touch.js has been read; it may use `given`."""
    program = f"{player_files()['touch.js']}\n{SCRIPT}\nconsole.log(JSON.stringify({expression}));"
    done = subprocess.run([NODE, "-e", program], input=json.dumps(given), capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def sent(array):
    array = np.asarray(array, float)
    return [array.shape, [None if np.isnan(entry) else entry for entry in array.reshape(-1).tolist()]]


def received(shape, entries):
    return np.array(entries, float).reshape(shape)


def test_both_languages_have_the_same_steps():
    assert sorted(in_javascript("Object.keys(OPERATIONS)", None)) == sorted(steps.__all__)


def test_every_step_computes_what_python_computes():
    calls = [(name, arrays, options) for name, several in arguments().items() for arrays, options in several]
    expression = "given.map(([name, arrays, options]) => plain(OPERATIONS[name](...arrays.map(arrayOf), options)))"
    given = [(name, [sent(array) for array in arrays], options) for name, arrays, options in calls]
    for (name, arrays, options), result in zip(calls, in_javascript(expression, given), strict=True):
        expected = getattr(steps, name)(*arrays, **options)
        expected = np.asarray(expected[0] if isinstance(expected, tuple) else expected, float)
        assert result[0] == list(expected.shape), name
        np.testing.assert_allclose(received(*result), expected, rtol=0, atol=1e-9, err_msg=name)


def evaluated(touched, entries):
    """Return all arrays for each of the entries of the fields, computed by touch.js."""
    given = {"data": touched.data(), "entries": [{n: sent(e) for n, e in one.items()} for one in entries]}
    expression = """given.entries.map((one) => {
        const fields = Object.fromEntries(Object.entries(one).map(([name, entry]) => [name, arrayOf(entry)]));
        return evaluate(given.data, fields).map(plain);
    })"""
    return [[received(*array) for array in arrays] for arrays in in_javascript(expression, given)]


def test_network_reads_every_digit_as_python_does():
    network, x, _ = trained()
    scored = []

    def draw(picture, digit):
        scored.append(read(picture, digit)[1].number)
        picture.pad(picture.axes, digit)

    touched = Touched(draw, 1, 1, (4, 3), {"digit": Pad(x[0, 0], label="digit")})
    results = evaluated(touched, [{"digit": picture[0]} for picture in x])
    scores = np.array([arrays[scored[0]] for arrays in results])
    expected = network(x)[0]
    assert scores.shape == (359, 10)
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(scores.argmax(axis=1), expected.argmax(axis=1))


def assert_same_arrays(touched, entries):
    for one, arrays in zip(entries, evaluated(touched, entries), strict=True):
        expected = touched.evaluate(**one)
        assert len(arrays) == len(expected)
        slopes = {step[3] for step in touched.steps if step[0] == "slopes"}
        for number, (array, wanted) in enumerate(zip(arrays, expected, strict=True)):
            np.testing.assert_allclose(array, wanted, rtol=0, atol=1e-4 if number in slopes else 1e-9)


def test_figure_with_slopes_computes_what_python_computes():
    _, x, _ = trained()
    assert_same_arrays(touched_digit(), [{"digit": x[i, 0], "place": i % 2} for i in (0, 3, 77)])


def test_figures_without_slopes_compute_what_python_computes(rng):
    assert_same_arrays(touched_line(), [{"points": rng.standard_normal((3, 2)).round(1)} for _ in range(5)])
    kernels = rng.standard_normal((3, 3, 3)).round(1)
    assert_same_arrays(touched_window(), [{"kernel": k, "window": w} for k, w in zip(kernels, (1, 9, 36), strict=True)])


def test_entry_that_is_no_number_stays_none():
    def draw(picture, w):
        picture.run(steps.add, np.array([[1.0, float("nan")]]), w)
        picture.pad(picture.axes, w)

    touched = Touched(draw, 1, 1, (4, 3), {"w": Pad([[0.5, 1]], label="w")})
    (arrays,) = evaluated(touched, [{"w": np.array([[1.0, 1.0]])}])
    np.testing.assert_array_equal(arrays[2], [[2, np.nan]])


def test_numbers_are_written_alike():
    rng = random.Random(0)
    halves = [sign * i / 2**k for sign in (1, -1) for i in range(40) for k in range(5)]
    numbers = [*halves, -0.0, -1e-9, 1e20, -1.5e21, 1e300, 123456789.125]
    numbers += [rng.gauss(0, 10 ** rng.randrange(-4, 9)) for _ in range(2000)]
    given = [(number, decimals) for number in numbers for decimals in (0, 1, 2, 3)]
    assert in_javascript("given.map((one) => fixed(...one))", given) == [fixed(*one) for one in given]
    assert in_javascript("[1 / 0, -1 / 0, 0 / 0].map((one) => fixed(one, 2))", None) == [
        fixed(float(name), 2) for name in ("inf", "-inf", "nan")
    ]
