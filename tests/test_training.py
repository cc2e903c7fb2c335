import copy
import sys

import numpy as np
import pytest

from dlnotes.activations import relu
from dlnotes.datasets import digits, penguins
from dlnotes.dense import dense
from dlnotes.dropout import dropout
from dlnotes.explore import progress
from dlnotes.initializers import he
from dlnotes.layers import Layer, Sequential
from dlnotes.losses import binary_cross_entropy, cross_entropy, squared_error
from dlnotes.normalization import BatchNorm
from dlnotes.optimizers import SGD, Adam
from dlnotes.training import accuracy, confusion_matrix, fewer, fit, minibatches

# minibatches


@pytest.mark.parametrize(
    ("count", "batch_size", "sizes"), [(10, 4, [4, 4, 2]), (8, 4, [4, 4]), (3, 3, [3]), (3, 1, [1] * 3)]
)
def test_every_example_is_dealt_once(count, batch_size, sizes, rng):
    batches = list(minibatches(count, batch_size, rng))
    assert [len(rows) for rows in batches] == sizes
    assert sorted(np.concatenate(batches)) == list(range(count))


def test_the_order_is_random_and_that_of_the_rng():
    rng = np.random.default_rng(0)
    first, second = (np.concatenate(list(minibatches(20, 3, rng))) for _ in range(2))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, np.arange(20))
    again = np.concatenate(list(minibatches(20, 3, np.random.default_rng(0))))
    np.testing.assert_array_equal(again, first)


@pytest.mark.parametrize("batch_size", [0, -1, 11, 2.5, 2.0, "2", None, True])
def test_a_batch_size_out_of_range_is_refused(batch_size, rng):
    expected = r"batch_size must be (an integer of at least 1|at most 10)"
    with pytest.raises((ValueError, TypeError), match=expected) as error:
        next(minibatches(10, batch_size, rng))
    assert str(error.value).endswith(f"got {batch_size!r}")


def test_a_seed_is_refused_for_an_rng():
    with pytest.raises(TypeError, match=r"rng must be a numpy.random.Generator, such as .*, got 0"):
        next(minibatches(10, 2, 0))


# fit


def line():
    return Layer(dense, np.zeros((1, 1)), np.zeros(1))


X = np.array([[0.0], [1.0], [2.0], [3.0]])
Y = np.array([[1.0], [3.0], [5.0], [11.0]])


def test_one_full_step_by_hand(rng):
    network = line()
    history = list(fit(network, squared_error, X, Y, SGD(0.1), epochs=1, batch_size=4, rng=rng))
    assert history == [(1 + 9 + 25 + 121) / 2 / 4]  # before the step
    W, b = network.parameters
    np.testing.assert_allclose(W, [[0.1 * (0 + 3 + 10 + 33) / 4]], rtol=1e-15)
    np.testing.assert_allclose(b, [0.1 * (1 + 3 + 5 + 11) / 4], rtol=1e-15)


def test_an_epoch_is_one_step_a_batch_and_its_loss_counts_every_example_once():
    network, other = line(), line()
    history = list(
        fit(network, squared_error, X, Y, SGD(0.1), epochs=2, batch_size=3, rng=np.random.default_rng(0))
    )  # fmt: skip
    rng = np.random.default_rng(0)
    expected = []
    for _ in range(2):
        losses = []
        for rows in minibatches(4, 3, rng):
            y_hat, backward = other(X[rows])
            losses.extend((y_hat - Y[rows])[:, 0] ** 2 / 2)
            _, dW, db = backward((y_hat - Y[rows]) / len(rows))
            other.parameters[0] -= 0.1 * dW
            other.parameters[1] -= 0.1 * db
        expected.append(np.mean(losses))
    assert history == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(network.parameters[0], other.parameters[0], rtol=1e-14)


def test_full_batch_descent_finds_the_least_squares_line(rng):
    network = line()
    for _ in fit(network, squared_error, X, Y, SGD(0.3), epochs=1000, batch_size=4, rng=rng):
        pass
    slope, intercept = np.polyfit(X[:, 0], Y[:, 0], 1)
    np.testing.assert_allclose(network.parameters[0], [[slope]], rtol=1e-10)
    np.testing.assert_allclose(network.parameters[1], [intercept], atol=1e-10)


def test_nothing_happens_before_it_is_asked_and_the_caller_may_stop(rng):
    network = line()
    run = fit(network, squared_error, X, Y, SGD(0.1), epochs=1000, batch_size=4, rng=rng)
    np.testing.assert_array_equal(network.parameters[0], 0)
    next(run)
    after_one = network.parameters[0].copy()
    next(run)
    assert network.parameters[0] != after_one


def test_data_are_not_touched_and_lists_will_do(rng):
    x, y = X.copy(), Y.copy()
    x.flags.writeable = y.flags.writeable = False
    list(fit(line(), squared_error, x, y, SGD(0.1), epochs=2, batch_size=2, rng=rng))
    list(fit(line(), squared_error, X.tolist(), Y.tolist(), SGD(0.1), epochs=2, batch_size=2, rng=rng))


def digit_network(rng):
    return Sequential(Layer(dense, he(32, 64, rng), np.zeros(32)), relu, Layer(dense, he(10, 32, rng), np.zeros(10)))


def train_on_digits(seed, epochs):
    train_images, train_labels, test_images, test_labels = digits()
    rng = np.random.default_rng(seed)
    network = digit_network(rng)
    x = train_images.reshape(-1, 64)
    optimizer = SGD(0.2)
    history = list(fit(network, cross_entropy, x, train_labels, optimizer, epochs=epochs, batch_size=32, rng=rng))
    return network, history, accuracy(network, test_images.reshape(-1, 64), test_labels)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_small_network_learns_to_read_digits(seed):
    _, history, test_accuracy = train_on_digits(seed, epochs=30)
    assert history[0] > 1
    assert history[-1] < 0.05
    assert test_accuracy > 0.93


def test_stopping_early_is_a_loop_of_the_caller_who_keeps_the_best_copy(rng):
    images, labels, held_out, held_out_labels = digits()
    x, y, held_out = images[:200].reshape(-1, 64), labels[:200].copy(), held_out.reshape(-1, 64)
    y[:60] = rng.integers(10, size=60)  # wrong, mostly, and to be learned by heart
    first, *others = digit_network(rng).layers
    network = Sequential(first, BatchNorm(np.ones(32), np.zeros(32)), Layer(dropout, rate=0.1, rng=rng), *others)

    def loss_of(network):
        return cross_entropy(network(held_out)[0], held_out_labels)[0]

    best, losses = network, []
    for _ in fit(network, cross_entropy, x, y, Adam(0.005), epochs=100, batch_size=20, rng=rng):
        losses.append(loss_of(network))
        if losses[-1] == min(losses):
            best = copy.deepcopy(network)  # not the parameters alone: the running statistics belong to it
        elif min(losses) not in losses[-10:]:
            break
    assert 11 < len(losses) < 100
    assert loss_of(best) == min(losses) < losses[-1] == loss_of(network)


def test_training_is_the_same_for_the_same_seed():
    first, history, _ = train_on_digits(0, epochs=2)
    second, history_again, _ = train_on_digits(0, epochs=2)
    assert history == history_again
    for p, q in zip(first.parameters, second.parameters, strict=True):
        np.testing.assert_array_equal(p, q)
    _, other_history, _ = train_on_digits(1, epochs=2)
    assert other_history != history


def test_logistic_regression_tells_gentoo_penguins_from_the_others(rng):
    data = penguins()
    x = np.stack([data.bill_depth, data.flipper_length], axis=1)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y = (data.species == "Gentoo")[:, None].astype(float)
    network = Layer(dense, np.zeros((1, 2)), np.zeros(1))
    *_, loss = fit(network, binary_cross_entropy, x, y, SGD(1.0), epochs=50, batch_size=342, rng=rng)
    assert loss < 0.05
    assert np.mean((network(x)[0] > 0) == y) > 0.99


def test_a_training_that_diverges_shows_it(rng):
    network = line()
    with pytest.warns(RuntimeWarning, match="overflow|invalid"):
        history = list(fit(network, squared_error, X, Y, SGD(5.0), epochs=400, batch_size=4, rng=rng))
    assert history[5] > 1e3 * history[0]
    assert np.isnan(history[-1])
    assert np.isnan(network.parameters[0]).all()


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (
            {"y": Y[:3]},
            r"x and y must hold .*, at least one, got the shapes \(4, 1\) and \(3, 1\)",
        ),
        ({"epochs": 0}, "epochs must be an integer of at least 1, got 0"),
        ({"epochs": 1.5}, "epochs must be an integer of at least 1, got 1.5"),
        ({"epochs": True}, "epochs must be an integer of at least 1, got True"),
        ({"batch_size": 5}, "batch_size must be at most 4, the number of examples, got 5"),
        ({"network": relu}, "expected a Layer or Sequential with parameters to train, got <function relu"),
        ({"network": Sequential(relu)}, "expected a Layer or Sequential with parameters to train, got <dlnotes.layers"),
        ({"x": [[1.0], [2.0, 3.0]], "y": Y[:2]}, "x must be an array in which all rows are equally long"),
        ({"x": 3.0}, "x and y must hold the same number of examples"),
        ({"x": X[:0], "y": Y[:0]}, "x and y must hold the same number of examples, at least one"),
        ({"loss": "mse"}, "loss must be a function of .*, such as squared_error, got 'mse'"),
        ({"loss": lambda y_hat, y: 1.0}, "the loss must return a value and its backward map"),
        ({"optimizer": 0.1}, "optimizer.step must be a method, as SGD has it, got None"),
        ({"rng": 0}, "rng must be a numpy.random.Generator"),
        ({"x": np.ma.masked_less(X, 1)}, "the mask of a masked array would be lost"),
    ],
)
def test_bad_input_is_refused(change, match, rng):
    given = {"network": line(), "loss": squared_error, "x": X, "y": Y, "optimizer": SGD(0.1)}
    given |= {"epochs": 1, "batch_size": 2, "rng": rng} | change
    with pytest.raises((ValueError, TypeError), match=match):
        next(fit(**given))


# accuracy


def identity(x):
    return x, lambda dy: dy


def test_accuracy_by_hand():
    scores = np.array([[1.0, 2.0, 0.0], [5.0, 4.0, 3.0], [0.0, 0.0, 1.0], [-3.0, -2.0, -1.0]])
    assert accuracy(identity, scores, [1, 0, 1, 2]) == 0.75
    assert accuracy(identity, scores, [0, 1, 0, 0]) == 0
    assert accuracy(identity, scores, np.array([1, 0, 2, 2], dtype=np.uint8)) == 1


@pytest.mark.parametrize(
    ("scores", "labels"), [((3, 2), (2,)), ((3,), (3,)), ((3, 2), (3, 2)), ((3, 2), (3, 1)), ((0, 2), (0,))]
)
def test_accuracy_refuses_shapes_that_do_not_fit(scores, labels):
    expected = r"expected scores of shape \(examples, classes\), at least one example and two classes, and labels"
    with pytest.raises(ValueError, match=expected) as error:
        accuracy(identity, np.zeros(scores), np.zeros(labels, dtype=int))
    assert str(error.value).endswith(f"got {scores} and {labels}")


def test_accuracy_refuses_the_single_score_of_a_sigmoid():
    with pytest.raises(ValueError, match=r"two classes, .* got \(3, 1\) and \(3,\)"):
        accuracy(identity, np.array([[2.0], [-1.0], [3.0]]), [1, 0, 1])


def test_accuracy_refuses_labels_that_are_no_integers():
    with pytest.raises(TypeError, match="labels must hold integers, got an array of dtype float64"):
        accuracy(identity, np.zeros((2, 2)), [0.0, 1.0])


def test_accuracy_does_not_take_nan_for_an_answer():
    with pytest.raises(ValueError, match="got nan: has the training diverged"):
        accuracy(identity, np.array([[np.nan, np.nan], [1.0, 0.0]]), [0, 0])


# confusion_matrix


def test_confusion_matrix_by_hand():
    scores = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    expected = [[0, 1, 0], [1, 1, 0], [0, 0, 1]]
    np.testing.assert_array_equal(confusion_matrix(identity, scores, [1, 1, 2, 0]), expected)


def test_confusion_matrix_has_the_accuracy_on_its_diagonal(rng):
    scores, labels = rng.normal(size=(200, 5)), rng.integers(5, size=200)
    counts = confusion_matrix(identity, scores, labels)
    np.testing.assert_array_equal(counts.sum(axis=1), np.bincount(labels, minlength=5))
    np.testing.assert_array_equal(counts.sum(axis=0), np.bincount(scores.argmax(axis=1), minlength=5))
    assert np.trace(counts) / 200 == accuracy(identity, scores, labels)


@pytest.mark.parametrize("labels", [[0, 2], [-1, 0]])
def test_confusion_matrix_refuses_labels_that_are_no_class(labels):
    with pytest.raises(ValueError, match=r"labels must be from 0 to 1, got (0 to 2|-1 to 0)"):
        confusion_matrix(identity, np.eye(2), labels)


@pytest.mark.parametrize("labels", [[-1, 0], [0, 5]])
def test_accuracy_refuses_labels_that_are_no_class(labels):
    with pytest.raises(ValueError, match="labels must be from 0 to 1"):
        accuracy(identity, np.eye(2), labels)


@pytest.mark.parametrize("count", ["10", None, 10.0, True])
def test_a_count_of_examples_that_is_none_is_refused(count, rng):
    with pytest.raises(TypeError, match="count must be an integer of at least 1, got"):
        next(minibatches(count, 1, rng))


def test_small_integers_of_numpy_count_as_well(rng):
    assert [len(rows) for rows in minibatches(120, np.int8(50), rng)] == [50, 50, 20]


# progress


def test_progress_rewrites_one_line_and_passes_the_losses_on(monkeypatch, capsys):
    monkeypatch.delenv("DLNOTES_EXPLORE", raising=False)
    losses = progress(iter([12.5, 0.25]), epochs=2)
    assert next(losses) == 12.5
    assert capsys.readouterr().out == "\repoch 1 of 2: loss 12.5    "
    assert list(losses) == [0.25]
    assert capsys.readouterr().out == "\repoch 2 of 2: loss 0.25    \n"


@pytest.mark.parametrize("mode", ["preview", "static"])
def test_progress_leaves_nothing_in_stored_outputs(monkeypatch, capsys, mode):
    monkeypatch.setenv("DLNOTES_EXPLORE", mode)
    assert list(progress([0.5], epochs=1)) == [0.5]
    assert capsys.readouterr().out == ""


# fewer


def test_fewer_is_the_full_number_on_a_computers_own_python(capsys):
    assert fewer(60, in_browser=6) == 60
    assert capsys.readouterr().out == ""


def test_fewer_is_the_small_number_in_the_browser_and_says_so(monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "emscripten")
    assert fewer(3000, in_browser=300, what="steps") == 300
    assert capsys.readouterr().out == "In the browser: 300 in place of 3000 steps.\n"


@pytest.mark.parametrize("in_browser", [0, 61])
def test_fewer_refuses_what_is_not_fewer(in_browser):
    with pytest.raises(ValueError, match=f"in_browser must be .*, got {in_browser}"):
        fewer(60, in_browser=in_browser)


@pytest.mark.parametrize("number", ["6", None, 6.0, True])
def test_fewer_refuses_what_counts_nothing(number):
    with pytest.raises(TypeError, match="in_browser must be an integer of at least 1, got"):
        fewer(60, in_browser=number)


def test_as_often_in_the_browser_as_elsewhere_is_allowed():
    assert fewer(5, in_browser=5) == 5


@pytest.mark.parametrize("measure", [accuracy, confusion_matrix])
def test_a_network_is_not_in_training_when_it_is_measured(measure):
    heard = []

    def listen(x, *, training=False):
        heard.append(training)
        return x, lambda dy: dy

    measure(listen, np.eye(2), [0, 1])
    assert heard == [False]
