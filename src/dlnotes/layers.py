"""The shell around operations: layers that own parameters, and networks made of them."""

import numpy as np

from dlnotes.operation import as_floats


class Layer:
    """An operation together with parameters of its own.

    Parameters
    ----------
    operation : callable
        ``operation(x, *parameters, **options)`` returning ``(y, backward)``.
    *parameters : ndarray
        What is to be learned. The layer keeps copies, which an optimizer changes in place. Integers become float64.
    **options
        Handed to the operation on every call.

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

    def __init__(self, operation, *parameters, **options):
        if not callable(operation):
            raise TypeError(f"a layer needs an operation it can call, got {operation!r}")
        self.operation = operation
        self.parameters = [np.array(as_floats(f"parameter {i}", p)) for i, p in enumerate(parameters)]
        self.options = options

    def __call__(self, x):
        return self.operation(x, *self.parameters, **self.options)


class Sequential:
    """A network: layers and operations, one after the other.

    A network keeps the contract of an operation: called with a batch it returns ``(y, backward)``, and
    ``backward(dy)`` gives ``(dx, *dparameters)``, the gradients in the order of `parameters`.

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

    def __init__(self, *layers):
        if not layers:
            raise ValueError("a network needs at least one layer, got none")
        for position, layer in enumerate(layers):
            if not callable(layer):
                raise TypeError(f"layer {position} must be something to call on a batch, got {layer!r}")
        self.layers = layers
        self.parameters = [p for layer in layers for p in getattr(layer, "parameters", [])]

    def __call__(self, x):
        backwards = []
        for layer in self.layers:
            x, layer_backward = layer(x)
            backwards.append(layer_backward)

        def backward(dy=1.0):
            gradients = []
            for layer_backward in reversed(backwards):
                dx = layer_backward(dy)
                dy, *dparameters = dx if isinstance(dx, tuple) else (dx,)
                gradients = dparameters + gradients
            return (dy, *gradients) if gradients else dy

        return x, backward
