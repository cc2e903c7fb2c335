"""Optimizers: how parameters move, given their gradients."""

import numpy as np

from dlnotes.operation import as_floats, kind, require_positive, shown


class Optimizer:
    r"""What all optimizers share: the learning rate, and that a step moves every parameter or none.

    An optimizer is a subclass with the method ``move(parameter, gradient, rate, memory)``: its formula for one
    parameter, which it changes in place. ``memory`` is a dictionary, empty at first, for what the formula has to
    remember of this parameter from step to step; `steps` counts the steps taken.

    Parameters
    ----------
    learning_rate : float or callable
        The learning rate :math:`\eta > 0`, or a schedule: a function of the step number (0, 1, 2, ...) that gives it.

    Raises
    ------
    ValueError
        If a learning rate is not positive, or, in `step`, a gradient does not fit its parameter, or this is read-only.
    TypeError
        If a learning rate is no number, or, in `step`, a parameter is not an array of floats, or a gradient holds no
        real numbers. Nothing has moved then.
    """

    def __init__(self, learning_rate):
        if not callable(learning_rate):
            learning_rate = positive(learning_rate)
        self.learning_rate = learning_rate
        self.steps = 0
        self.memories = []  # pairs of a parameter and its memory

    def step(self, parameters, gradients):
        """Change every parameter in place by one step against its gradient.

        Parameters
        ----------
        parameters : list of ndarray
            The arrays to change. One that two layers share stands here twice, and moves once, against the sum of its
            gradients.
        gradients : list of ndarray
            Their gradients, in the same order.
        """
        pairs = matched(parameters, gradients)
        rate = self.learning_rate(self.steps) if callable(self.learning_rate) else self.learning_rate
        rate = positive(rate)
        for parameter, gradient in pairs:
            self.move(parameter, gradient, rate, self.memory_of(parameter))
        self.steps += 1

    def memory_of(self, parameter):
        """Find the memory by the array itself, not by its id: a copy of network and optimizer has other ids."""
        for known, memory in self.memories:
            if known is parameter:
                return memory
        self.memories.append((parameter, {}))
        return self.memories[-1][1]

    def move(self, parameter, gradient, rate, memory):
        """Change one parameter in place: the formula, which each optimizer has of its own."""
        raise TypeError(f"{type(self).__name__} has no formula: an optimizer is a subclass with a method move")


class SGD(Optimizer):
    r"""Gradient descent on whatever batch it is given (stochastic gradient descent).

    :math:`w \leftarrow w - \eta \nabla_w L`. Introduced in the chapter "Gradient descent, derived".

    Parameters
    ----------
    learning_rate : float or callable
        The learning rate :math:`\eta > 0`, or a schedule: a function of the step number (0, 1, 2, ...) that gives it.

    Raises
    ------
    ValueError
        If a learning rate is not positive, or, in `step`, a gradient does not fit its parameter, or this is read-only.
    TypeError
        If a learning rate is no number, or, in `step`, a parameter is not an array of floats, or a gradient holds no
        real numbers. Nothing has moved then.

    Examples
    --------
    >>> w = np.array([1.0, 2.0])
    >>> SGD(learning_rate=0.1).step([w], [np.array([1.0, -1.0])])
    >>> w
    array([0.9, 2.1])
    """

    def move(self, parameter, gradient, rate, memory):
        """Change one parameter in place."""
        parameter -= rate * gradient


def matched(parameters, gradients):
    """Pair parameters with gradients, all checked before the first one moves."""
    for name, arrays in (("parameters", parameters), ("gradients", gradients)):
        if not isinstance(arrays, list | tuple):
            raise TypeError(f"{name} must be a list of arrays, got {kind(arrays)}")
    if len(parameters) != len(gradients):
        raise ValueError(f"expected one gradient for each of {len(parameters)} parameters, got {len(gradients)}")
    gradients = [as_floats(f"gradient {position}", gradient) for position, gradient in enumerate(gradients)]
    for position, (parameter, gradient) in enumerate(zip(parameters, gradients, strict=True)):
        if not (isinstance(parameter, np.ndarray) and parameter.dtype.kind == "f"):
            raise TypeError(
                f"parameter {position} must be an array of floats, to be changed in place, got {shown(parameter)}"
            )
        if not parameter.flags.writeable:
            raise ValueError(f"parameter {position} must be an array that can be changed in place, got a read-only one")
        if parameter.shape != gradient.shape:
            raise ValueError(
                f"gradient {position} must have its parameter's shape {parameter.shape}, got {gradient.shape}"
            )
    sums = {}  # by id, of arrays that all exist now
    for parameter, gradient in zip(parameters, gradients, strict=True):
        before = sums.get(id(parameter))
        sums[id(parameter)] = parameter, gradient if before is None else before[1] + gradient
    return list(sums.values())


def positive(rate):
    return require_positive("the learning rate", rate)
