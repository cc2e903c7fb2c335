"""The shell around operations: layers that own parameters, and networks made of them."""

import inspect

import numpy as np

from dlnotes.operation import (
    as_floats,
    as_result,
    as_tuple,
    input_gradient,
    name_of,
    operation,
    require_callable,
    require_flag,
    require_same_shape,
    shown,
    value_and_backward,
)


def forward(operation, *inputs, training, **options):
    """Call an operation or a network; tell it whether it is being trained if it has an option of that name.

    Parameters
    ----------
    operation : callable
        ``operation(*inputs, **options)`` returning ``(y, backward)``.
    *inputs : ndarray
        Its arrays.
    training : bool
        Handed on only to what takes it.
    **options
        Handed on.

    Returns
    -------
    tuple
        Its value and its backward map.

    Raises
    ------
    TypeError
        If it does not return a value and a backward map, or `training` is neither True nor False.

    Examples
    --------
    >>> from dlnotes.activations import relu
    >>> y, backward = forward(relu, np.array([-1.0, 2.0]), training=True)
    >>> y
    array([0., 2.])
    """
    require_callable("operation", operation, "something to call on arrays")
    require_flag("training", training)
    if takes_training(operation):
        options["training"] = training
    return value_and_backward(name_of(operation), operation(*inputs, **options))


def takes_training(operation):
    """Whether a callable has an option `training`. Operations and networks say so themselves, which is faster."""
    if (known := getattr(operation, "takes_training", None)) is not None:
        return known
    try:
        return "training" in inspect.signature(operation).parameters
    except (TypeError, ValueError):  # some functions of other libraries have no signature
        return False


def parameters_of(layer):
    """Return the parameters of a layer or network as a list; a plain operation has none."""
    parameters = getattr(layer, "parameters", [])
    if not (isinstance(parameters, list | tuple) and all(isinstance(p, np.ndarray) for p in parameters)):
        raise TypeError(f"the parameters of {name_of(layer)} must be a list of arrays, got {shown(parameters)}")
    return list(parameters)


def separate(gradients, inputs, layer):
    """Return the gradients of the inputs of a layer, and those of its parameters, if there is one for each."""
    gradients, parameters = as_tuple(gradients), len(parameters_of(layer))
    if len(gradients) != inputs + parameters:
        raise TypeError(
            f"the backward map of {name_of(layer)} must return one gradient for each of {inputs} input(s) and "
            f"{parameters} parameter(s), got {len(gradients)}"
        )
    return gradients[:inputs], gradients[inputs:]


class Layer:
    """An operation together with parameters of its own.

    Parameters
    ----------
    operation : callable
        ``operation(*inputs, *parameters, **options)`` returning ``(y, backward)``.
    *parameters : ndarray
        What is to be learned. The layer keeps copies, which an optimizer changes in place. Integers become float64.
    **options
        Handed to the operation on every call. What differs from call to call is given there, by name: an array that
        the operation does not need, ``layer(x, s0=s0)``, which then has a gradient, the last one; another option; and
        ``training=True``, which operations that know no such difference are not told.

    Attributes
    ----------
    parameters : list of ndarray
        The layer's own arrays.

    Examples
    --------
    >>> from dlnotes.dense import dense
    >>> layer = Layer(dense, np.array([[3.0, 4.0]]), np.array([5.0]))
    >>> z, backward = layer(np.array([[1.0, 2.0]]))
    >>> z
    array([[16.]])
    >>> dx, dW, db = backward(np.array([[1.0]]))
    """

    takes_training = True

    def __init__(self, operation, *parameters, **options):
        if not callable(operation):
            raise TypeError(f"a layer needs an operation it can call, got {shown(operation)}")
        if "training" in options:
            raise TypeError("training is said when a layer is called, layer(x, training=True), not when it is made")
        self.operation = operation
        if any(p is None for p in parameters):
            raise TypeError("a parameter must be an array, got None: what may be left out is given by name, in a call")
        self.parameters = [np.array(as_floats(f"parameter {i}", p)) for i, p in enumerate(parameters)]
        self.options = options

    def __call__(self, *inputs, training=False, **options):
        options = {**self.options, **options}
        return forward(self.operation, *inputs, *self.parameters, training=training, **options)


class Sequential:
    """A network: layers and operations, one after the other.

    A network keeps the contract of an operation: called with a batch it returns ``(y, backward)``, and
    ``backward(dy)`` gives ``(dx, *dparameters)``, the gradients in the order of `parameters`. The first layer may take
    several inputs; where a layer returns a tuple, its parts are the inputs of the next one.

    Parameters
    ----------
    *layers : callable
        Layers, networks, or operations without parameters, such as ``relu``.

    Attributes
    ----------
    parameters : list of ndarray
        The parameters of all layers, first layer first.

    Examples
    --------
    >>> from dlnotes.activations import relu
    >>> from dlnotes.dense import dense
    >>> network = Sequential(Layer(dense, np.eye(2), np.zeros(2)), relu)
    >>> y, backward = network(np.array([[1.0, -2.0]]))
    >>> y
    array([[1., 0.]])
    >>> dx, dW, db = backward(np.array([[1.0, 1.0]]))
    >>> dx
    array([[1., 0.]])
    """

    takes_training = True

    def __init__(self, *layers):
        if not layers:
            raise ValueError("a network needs at least one layer, got none")
        for position, layer in enumerate(layers):
            if not callable(layer):
                raise TypeError(f"layer {position} must be something to call on a batch, got {shown(layer)}")
        self.layers = layers
        self.parameters = [p for layer in layers for p in parameters_of(layer)]

    def __call__(self, *inputs, training=False):
        passed = []
        for layer in self.layers:
            y, layer_backward = forward(layer, *inputs, training=training)
            passed.append((layer, layer_backward, len(inputs)))
            inputs = as_tuple(y)

        def backward(*dys):
            gradients = []
            for layer, layer_backward, count in reversed(passed):
                dys, dparameters = separate(layer_backward(*dys), count, layer)
                gradients = [*dparameters, *gradients]
            return as_result([*dys, *gradients])

        return y, backward


class Residual:
    """A network with a path around it: its input is added to its value, ``y = x + branch(x)`` [1]_.

    Parameters
    ----------
    branch : callable
        A layer, network or operation whose value has the shape of its input.

    Attributes
    ----------
    parameters : list of ndarray
        The parameters of the branch.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image recognition", CVPR 2016,
       arXiv:1512.03385.

    Examples
    --------
    >>> from dlnotes.activations import relu
    >>> y, backward = Residual(relu)(np.array([[-1.0, 2.0]]))
    >>> y, backward(np.ones((1, 2)))
    (array([[-1.,  4.]]), array([[1., 2.]]))
    """

    takes_training = True

    def __init__(self, branch):
        if not callable(branch):
            raise TypeError(f"branch must be something to call on a batch, got {shown(branch)}")
        self.branch = branch
        self.parameters = parameters_of(branch)

    def __call__(self, x, *, training=False):
        value, branch_backward = forward(self.branch, x, training=training)
        y, add_backward = add(x, value)

        def backward(*dys):
            dx, dvalue = add_backward(*dys)
            (dx_branch,), dparameters = separate(branch_backward(dvalue), 1, self.branch)
            return as_result([dx + input_gradient("dx of the branch", dx_branch, dx), *dparameters])

        return y, backward


@operation
def add(x, y):
    """Add two arrays of one shape; each gets the whole gradient.

    Parameters
    ----------
    x, y : ndarray of the same shape
        What is added.

    Returns
    -------
    z : ndarray of that shape
        The sum.
    backward : callable
        Maps ``dz`` to ``(dx, dy)``.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> z, backward = add(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    >>> z, backward(np.array([1.0, 0.0]))
    (array([4., 6.]), (array([1., 0.]), array([1., 0.])))
    """
    require_same_shape("x", x, "y", y)
    return x + y, lambda dz: (dz.copy(), dz.copy())
