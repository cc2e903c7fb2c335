"""Optimizers: how parameters move, given their gradients."""

from math import inf

import numpy as np

from dlnotes.operation import as_floats, kind, require_callable, require_number, require_positive, shown


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
            learning_rate = require_positive("the learning rate", learning_rate)
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
        rate = require_positive("the learning rate", rate)
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


class Adam(Optimizer):
    r"""Gradient descent with a step size for each weight: adaptive moment estimation [1]_.

    :math:`m` is a running mean of the gradient :math:`g`, :math:`v` one of its square. Both start at 0, so that after
    :math:`t` steps they are too small by :math:`1 - \beta^t`, which is made up for:

    .. math::

        \begin{aligned}
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        w &\leftarrow w - \eta \, \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}
        \end{aligned}

    Introduced in the chapter "Recurrent networks".

    Parameters
    ----------
    learning_rate : float or callable
        The learning rate :math:`\eta > 0`, or a schedule: a function of the step number (0, 1, 2, ...) that gives it.
    beta_1, beta_2 : float, default 0.9 and 0.999
        How much of the running means each step keeps.
    epsilon : float, default 1e-8
        Keeps a weight whose gradients are all 0 from a division by 0.

    Raises
    ------
    ValueError
        If a learning rate or `epsilon` is not positive, a `beta` does not lie from 0 to below 1, or, in `step`, a
        gradient does not fit its parameter, or this is read-only.
    TypeError
        If one of these is no number, or, in `step`, a parameter is not an array of floats, or a gradient holds no real
        numbers. Nothing has moved then.

    References
    ----------
    .. [1] D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, arXiv:1412.6980.

    Examples
    --------
    >>> w = np.array([1.0, 2.0])
    >>> Adam(learning_rate=0.1).step([w], [np.array([1000.0, -0.001])])
    >>> w.round(3)
    array([0.9, 2.1])
    """

    def __init__(self, learning_rate, *, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        super().__init__(learning_rate)
        self.beta_1 = require_number("beta_1", beta_1, "a number from 0 to below 1", lambda b: 0 <= b < 1)
        self.beta_2 = require_number("beta_2", beta_2, "a number from 0 to below 1", lambda b: 0 <= b < 1)
        self.epsilon = require_positive("epsilon", epsilon)

    def move(self, parameter, gradient, rate, memory):
        """Change one parameter in place."""
        t = memory["t"] = memory.get("t", 0) + 1
        m = memory.setdefault("m", np.zeros_like(parameter))
        v = memory.setdefault("v", np.zeros_like(parameter))
        m += (1 - self.beta_1) * (gradient - m)
        v += (1 - self.beta_2) * (gradient**2 - v)
        m_hat, v_hat = m / (1 - self.beta_1**t), v / (1 - self.beta_2**t)
        parameter -= rate * m_hat / (np.sqrt(v_hat) + self.epsilon)


class Clipped:
    r"""An optimizer that is handed no gradient longer than a bound: a longer one is made shorter, and points as before.

    All gradients together are one vector; where its norm :math:`|g|` exceeds the bound :math:`c`, all of them are
    multiplied by :math:`c / |g|` [1]_. Introduced in the chapter "Backpropagation through time".

    Parameters
    ----------
    optimizer : Optimizer
        What takes the steps.
    longest : float
        The bound :math:`c > 0`.

    Raises
    ------
    ValueError
        If `longest` is not positive.
    TypeError
        If `longest` is no number, or `optimizer` has no step.

    References
    ----------
    .. [1] R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent neural networks", ICML, PMLR
       28(3):1310-1318, 2013.

    Examples
    --------
    >>> w, b = np.zeros(1), np.zeros(1)
    >>> Clipped(SGD(1.0), longest=1.0).step([w, b], [np.array([-3.0]), np.array([-4.0])])
    >>> w, b
    (array([0.6]), array([0.8]))
    """

    def __init__(self, optimizer, longest):
        require_callable("optimizer.step", getattr(optimizer, "step", None), "a method, as SGD has it")
        self.optimizer = optimizer
        self.longest = require_positive("longest", longest)

    def step(self, parameters, gradients):
        """Change every parameter in place by one step against its gradient, which is made shorter if it is too long."""
        pairs = matched(parameters, gradients)
        parameters, gradients = [parameter for parameter, _ in pairs], [gradient for _, gradient in pairs]
        norm = global_norm(gradients)
        if norm > self.longest:
            gradients = [gradient * (self.longest / norm) for gradient in gradients]
        self.optimizer.step(parameters, gradients)


def global_norm(gradients):
    """Return the length of all gradients together, as one vector.

    Introduced in the chapter "Backpropagation through time".

    Parameters
    ----------
    gradients : sequence of ndarray
        Arrays of any shapes.

    Returns
    -------
    float
        The root of the sum of all squares.

    Raises
    ------
    TypeError
        If a gradient holds no real numbers.

    Examples
    --------
    >>> global_norm([np.array([3.0]), np.array([[4.0]])])
    5.0
    """
    if not isinstance(gradients, list | tuple):
        raise TypeError(f"gradients must be a list of arrays, got {kind(gradients)}")
    numbers = [np.ravel(as_floats(f"gradient {position}", gradient)) for position, gradient in enumerate(gradients)]
    numbers = np.concatenate([np.zeros(0), *numbers])
    largest = np.abs(numbers).max(initial=0.0)
    if not 0 < largest < inf:
        return float(largest)
    return float(largest * np.linalg.norm(numbers / largest))  # gradients that explode have squares that overflow


def matched(parameters, gradients):
    """Pair parameters with gradients, all checked before the first one moves."""
    for name, arrays in (("parameters", parameters), ("gradients", gradients)):
        if not isinstance(arrays, list | tuple):
            raise TypeError(f"{name} must be a list of arrays, got {kind(arrays)}")
    if len(parameters) != len(gradients):
        raise ValueError(f"expected one gradient for each of {len(parameters)} parameters, got {len(gradients)}")
    gradients = [as_floats(f"gradient {position}", gradient) for position, gradient in enumerate(gradients)]
    for position, (parameter, gradient) in enumerate(zip(parameters, gradients, strict=True)):
        plain = isinstance(parameter, np.ndarray) and not np.ma.isMaskedArray(parameter)
        if not (plain and parameter.dtype.kind == "f"):
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
