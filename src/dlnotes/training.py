"""The training loop: forward, loss, backward, update, again."""

import sys

import numpy as np

from dlnotes.layers import forward, parameters_of, separate
from dlnotes.operation import (
    as_array,
    as_floats,
    as_integers,
    as_tuple,
    require_callable,
    require_count,
    require_rng,
    shown,
    value_and_backward,
)


def minibatches(count, batch_size, rng):
    """Deal the numbers 0 to count - 1 into shuffled batches: one epoch.

    Introduced in the chapter "Optimizers: from batches to Adam".

    Parameters
    ----------
    count : int
        How many examples there are.
    batch_size : int
        Examples in a batch; the last batch holds what is left.
    rng : numpy.random.Generator
        Source of the order.

    Yields
    ------
    rows : ndarray of int of shape (batch,)
        Which examples are in the batch.

    Raises
    ------
    ValueError
        If `batch_size` is not between 1 and `count`.
    TypeError
        If a number is no integer, or `rng` no generator.

    Examples
    --------
    >>> [len(rows) for rows in minibatches(10, 4, np.random.default_rng(0))]
    [4, 4, 2]
    """
    count, batch_size = require_count("count", count), require_count("batch_size", batch_size)
    if batch_size > count:
        raise ValueError(f"batch_size must be at most {count}, the number of examples, got {batch_size}")
    require_rng(rng)
    order = rng.permutation(count)
    for start in range(0, count, batch_size):
        yield order[start : start + batch_size]


def fit(network, loss, x, y, optimizer, *, epochs, batch_size, rng):
    """Train a network; a generator, so that the caller may look at it, or stop, after any epoch.

    Introduced in the chapter "Gradient descent, derived".

    Parameters
    ----------
    network : Layer or Sequential
        What is trained; its parameters change in place.
    loss : callable
        ``loss(y_hat, y)`` returning ``(value, backward)``, the mean over the batch.
    x : ndarray of shape (examples, ...)
        Inputs.
    y : ndarray of shape (examples, ...)
        Targets or labels.
    optimizer : SGD
        Has ``step(parameters, gradients)``.
    epochs : int
        How often every example is used.
    batch_size : int
        Examples for one step.
    rng : numpy.random.Generator
        Source of the order of the examples.

    Yields
    ------
    mean_loss : float
        The loss over the epoch's batches, each measured just before its step.

    Raises
    ------
    ValueError
        If `x` and `y` differ in length, a number is out of range, or the network has nothing to train.
    TypeError
        If something is of the wrong kind: a loss that is no function, an optimizer without a step.

    Examples
    --------
    >>> from dlnotes.dense import dense
    >>> from dlnotes.layers import Layer
    >>> from dlnotes.losses import squared_error
    >>> from dlnotes.optimizers import SGD
    >>> x = np.array([[0.0], [1.0], [2.0]])
    >>> line = Layer(dense, np.zeros((1, 1)), np.zeros(1))
    >>> rng = np.random.default_rng(0)
    >>> history = list(fit(line, squared_error, x, 2 * x + 1, SGD(0.3), epochs=100, batch_size=3, rng=rng))
    >>> [p.round(2) for p in line.parameters]
    [array([[2.]]), array([1.])]
    """
    x, y = as_array("x", x), as_array("y", y)
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y) or len(x) == 0:
        raise ValueError(
            f"x and y must hold the same number of examples, at least one, got the shapes {x.shape} and {y.shape}"
        )
    epochs, batch_size = require_count("epochs", epochs), require_count("batch_size", batch_size)
    if not (callable(network) and parameters_of(network)):
        raise ValueError(f"expected a Layer or Sequential with parameters to train, got {shown(network)}")
    require_callable("optimizer.step", getattr(optimizer, "step", None), "a method, as SGD has it")
    for _ in range(epochs):
        total = 0.0
        for rows in minibatches(len(x), batch_size, rng):
            value, gradients = loss_and_gradients(network, loss, x[rows], y[rows])
            optimizer.step(network.parameters, gradients)
            total += value * len(rows)
        yield total / len(x)


def loss_and_gradients(network, loss, x, y):
    """Go forward through a network in training and its loss, and all the way back.

    Introduced in the chapter "Gradient descent, derived".

    Parameters
    ----------
    network : callable
        A layer, a network or an operation.
    loss : callable
        ``loss(y_hat, y)`` returning ``(value, backward)``.
    x : ndarray or tuple of ndarray
        The input of the network; a tuple if it takes several.
    y : ndarray
        Targets or labels.

    Returns
    -------
    value : float
        The loss.
    gradients : list of ndarray
        One for each of the network's parameters, in their order.

    Raises
    ------
    TypeError
        If the loss, or the network, does not return a value and a backward map, or this too few gradients or too many.
    ValueError
        If the loss is not one number.

    Examples
    --------
    >>> from dlnotes.dense import dense
    >>> from dlnotes.layers import Layer
    >>> from dlnotes.losses import squared_error
    >>> line = Layer(dense, np.zeros((1, 1)), np.zeros(1))
    >>> loss_and_gradients(line, squared_error, np.array([[2.0]]), np.array([[3.0]]))
    (4.5, [array([[-6.]]), array([-3.])])
    """
    require_callable("network", network, "a layer, a network or an operation")
    require_callable("loss", loss, "a function of (y_hat, y), such as squared_error")
    inputs = as_tuple(x)
    y_hat, network_backward = forward(network, *inputs, training=True)
    value, loss_backward = value_and_backward("the loss", loss(y_hat, y))
    if np.shape(value) != ():
        raise ValueError(f"the loss must be one number, got {shown(value)}")
    dy_hat = as_tuple(loss_backward())[:1]
    _, gradients = separate(network_backward(*dy_hat), len(inputs), network)
    return float(value), list(gradients)


def fewer(count, *, in_browser, what="epochs"):
    """Return how often to repeat something: `count` times, or only `in_browser` times where that would take minutes.

    In the browser, where the live copies of the chapters run, Python computes about ten times more slowly; there the
    smaller number is taken, and printed. Introduced in the chapter "ReLU and vanishing
    gradients".

    Parameters
    ----------
    count : int
        How often on a computer's own Python.
    in_browser : int
        How often in the browser, at least once and not more often.
    what : str, default "epochs"
        What is counted, for the message.

    Returns
    -------
    int
        One of the two.

    Raises
    ------
    ValueError
        If `in_browser` is not between 1 and `count`.

    Examples
    --------
    >>> fewer(60, in_browser=6)
    60
    """
    count, in_browser = require_count("count", count), require_count("in_browser", in_browser)
    if in_browser > count:
        raise ValueError(f"in_browser must be at most {count}, the full number of {what}, got {in_browser}")
    if sys.platform != "emscripten":
        return count
    print(f"In the browser: {in_browser} in place of {count} {what}.")
    return in_browser


def accuracy(network, x, labels):
    """The share of examples whose highest score is that of the right class.

    Parameters
    ----------
    network : callable
        Maps `x` to scores of shape (examples, classes) and a backward map.
    x : ndarray of shape (examples, ...)
        Inputs.
    labels : ndarray of int of shape (examples,)
        Right classes.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If there is not one label for each row of scores, or no row, or fewer than two columns (a single score is
        compared with 0), or a score is nan, as after a training that diverged, or a label is no class.

    Examples
    --------
    >>> from dlnotes.activations import relu
    >>> accuracy(relu, np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([0, 0]))
    0.5
    """
    scores, labels = checked_scores(network, x, labels)
    return float(np.mean(scores.argmax(axis=1) == labels))


def confusion_matrix(network, x, labels):
    """Count, for every right class, which classes the network says. Right answers are on the diagonal.

    Introduced in the chapter "Convolutional networks".

    Parameters
    ----------
    network : callable
        Maps `x` to scores of shape (examples, classes) and a backward map.
    x : ndarray of shape (examples, ...)
        Inputs.
    labels : ndarray of int of shape (examples,)
        Right classes, from 0 to classes - 1.

    Returns
    -------
    counts : ndarray of int of shape (classes, classes)
        Examples of the row's class that were taken for the column's.

    Raises
    ------
    ValueError
        As for `accuracy`.

    Examples
    --------
    >>> from dlnotes.activations import relu
    >>> confusion_matrix(relu, np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([0, 0]))
    array([[1, 1],
           [0, 0]])
    """
    scores, labels = checked_scores(network, x, labels)
    classes = scores.shape[1]
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (labels, scores.argmax(axis=1)), 1)
    return counts


def checked_scores(network, x, labels):
    """Return the network's scores and the labels as integers, if they fit each other."""
    require_callable("network", network, "a network or an operation")
    scores, _ = forward(network, x, training=False)
    scores, labels = as_floats("the scores of the network", scores), as_integers("labels", labels)
    if scores.ndim != 2 or scores.size == 0 or scores.shape[1] < 2 or labels.shape != scores.shape[:1]:
        raise ValueError(
            "expected scores of shape (examples, classes), at least one example and two classes, "
            f"and labels of shape (examples,), got {scores.shape} and {labels.shape}"
        )
    if np.isnan(scores).any():
        raise ValueError("expected scores that can be compared, got nan: has the training diverged?")
    if labels.min() < 0 or labels.max() >= scores.shape[1]:
        raise ValueError(f"labels must be from 0 to {scores.shape[1] - 1}, got {labels.min()} to {labels.max()}")
    return scores, labels
