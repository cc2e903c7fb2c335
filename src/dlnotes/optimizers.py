"""Optimizers: how parameters move, given their gradients."""

from math import inf

import numpy as np

from dlnotes.operation import (
    as_floats,
    kind,
    require_callable,
    require_number,
    require_positive,
    require_share,
    shown,
)


class Optimizer:
    r"""What all optimizers share: the learning rate, weight decay, and that a step moves every parameter or none.

    An optimizer is a subclass with the method ``move(parameter, gradient, rate, memory)``: its formula for one
    parameter, which it changes in place. ``memory`` is a dictionary, empty at first, for what the formula has to
    remember of this parameter from step to step; `steps` counts the steps taken.

    Weight decay pulls every parameter towards 0 in each step, beside the formula and apart from it [1]_:
    :math:`w \leftarrow w - \eta \lambda w`. For `SGD` that is the same as adding :math:`\frac{\lambda}{2} |w|^2` to the
    loss (L2 regularisation). For an optimizer that divides by the size of the gradient, as `Adam` does, it is not:
    the gradient of that term would be divided too.

    Parameters
    ----------
    learning_rate : float or callable
        The learning rate :math:`\eta > 0`, or a schedule: a function of the step number (0, 1, 2, ...) that gives it.
    weight_decay : float, default 0
        The strength :math:`\lambda \ge 0` of the pull.

    Raises
    ------
    ValueError
        If a learning rate is not positive, `weight_decay` is negative, or, in `step`, a gradient does not fit its
        parameter, or this is read-only.
    TypeError
        If one of these is no number, or, in `step`, a parameter is not an array of floats, or a gradient holds no
        real numbers. Nothing has moved then.

    References
    ----------
    .. [1] I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", ICLR 2019, arXiv:1711.05101.
    """

    def __init__(self, learning_rate, *, weight_decay=0.0):
        if not callable(learning_rate):
            learning_rate = require_positive("the learning rate", learning_rate)
        self.learning_rate = learning_rate
        self.weight_decay = require_number("weight_decay", weight_decay, "a number from 0", lambda d: 0 <= d < inf)
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
            parameter *= 1 - rate * self.weight_decay
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

    :math:`w \leftarrow w - \eta \nabla_w L`. Introduced in the chapter "Optimizers: from batches to Adam".

    Parameters
    ----------
    learning_rate : float or callable
        The learning rate :math:`\eta > 0`, or a schedule: a function of the step number (0, 1, 2, ...) that gives it.
    weight_decay : float, default 0
        How strongly each step pulls the parameter towards 0, as in `Optimizer`.

    Raises
    ------
    ValueError, TypeError
        As for `Optimizer`. Nothing has moved then.

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


class Momentum(Optimizer):
    r"""Gradient descent that keeps going: each step goes on with a share of the one before [1]_.

    :math:`m` is a running sum of the gradient :math:`g`, in which an older one counts less. Where :math:`g` stays the
    same, it grows to :math:`g / (1 - \beta)`; where :math:`g` changes its sign from step to step, it stays small:

    .. math::

        \begin{aligned}
        m &\leftarrow \beta m + g \\
        w &\leftarrow w - \eta \, m
        \end{aligned}

    Introduced in the chapter "Optimizers: from batches to Adam".

    Parameters
    ----------
    learning_rate : float or callable
        The learning rate :math:`\eta > 0`, or a schedule: a function of the step number (0, 1, 2, ...) that gives it.
    beta : float, default 0.9
        How much of the running sum each step keeps.
    weight_decay : float, default 0
        How strongly each step pulls the parameter towards 0, as in `Optimizer`.

    Raises
    ------
    ValueError, TypeError
        If `beta` is no number from 0 to below 1, and as for `Optimizer`. Nothing has moved then.

    References
    ----------
    .. [1] B. T. Polyak, "Some methods of speeding up the convergence of iteration methods", USSR Computational
       Mathematics and Mathematical Physics 4(5):1-17, 1964, doi:10.1016/0041-5553(64)90137-5.

    Examples
    --------
    >>> w, optimizer = np.array([0.0]), Momentum(learning_rate=1.0, beta=0.5)
    >>> for gradient in (-4.0, 0.0, 0.0):
    ...     optimizer.step([w], [np.array([gradient])])
    ...     print(w)
    [4.]
    [6.]
    [7.]
    """

    def __init__(self, learning_rate, *, beta=0.9, weight_decay=0.0):
        super().__init__(learning_rate, weight_decay=weight_decay)
        self.beta = require_share("beta", beta)

    def move(self, parameter, gradient, rate, memory):
        """Change one parameter in place."""
        m = memory["m"] = self.beta * memory.get("m", 0) + gradient
        parameter -= rate * m


class RMSProp(Optimizer):
    r"""Gradient descent that divides each weight's gradient by its usual size, the root of its mean square [1]_.

    :math:`v` is a running mean of the square of the gradient :math:`g`:

    .. math::

        \begin{aligned}
        v &\leftarrow \beta v + (1 - \beta) g^2 \\
        w &\leftarrow w - \eta \, \frac{g}{\sqrt{v} + \epsilon}
        \end{aligned}

    It starts at 0, so that the first steps are longer than :math:`\eta`, the very first one by the factor
    :math:`1 / \sqrt{1 - \beta}`. Introduced in the chapter "Optimizers: from batches to Adam".

    Parameters
    ----------
    learning_rate : float or callable
        The learning rate :math:`\eta > 0`, or a schedule: a function of the step number (0, 1, 2, ...) that gives it.
    beta : float, default 0.9
        How much of the running mean each step keeps.
    epsilon : float, default 1e-8
        Keeps a weight whose gradients are all 0 from a division by 0.
    weight_decay : float, default 0
        How strongly each step pulls the parameter towards 0, as in `Optimizer`.

    Raises
    ------
    ValueError, TypeError
        If `beta` is no number from 0 to below 1 or `epsilon` no positive one, and as for `Optimizer`. Nothing has moved
        then.

    References
    ----------
    .. [1] T. Tieleman and G. Hinton, "Lecture 6.5, rmsprop: divide the gradient by a running average of its recent
       magnitude", Coursera, Neural Networks for Machine Learning, 2012.

    Examples
    --------
    >>> w = np.array([1.0, 2.0])
    >>> RMSProp(learning_rate=0.1, beta=0.75).step([w], [np.array([1000.0, -0.001])])
    >>> w.round(3)
    array([0.8, 2.2])
    """

    def __init__(self, learning_rate, *, beta=0.9, epsilon=1e-8, weight_decay=0.0):
        super().__init__(learning_rate, weight_decay=weight_decay)
        self.beta = require_share("beta", beta)
        self.epsilon = require_positive("epsilon", epsilon)

    def move(self, parameter, gradient, rate, memory):
        """Change one parameter in place."""
        v = memory["v"] = self.beta * memory.get("v", 0) + (1 - self.beta) * gradient**2
        parameter -= rate * gradient / (np.sqrt(v) + self.epsilon)


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

    Introduced in the chapter "Optimizers: from batches to Adam".

    Parameters
    ----------
    learning_rate : float or callable
        The learning rate :math:`\eta > 0`, or a schedule: a function of the step number (0, 1, 2, ...) that gives it.
    beta_1, beta_2 : float, default 0.9 and 0.999
        How much of the running means each step keeps.
    epsilon : float, default 1e-8
        Keeps a weight whose gradients are all 0 from a division by 0.
    weight_decay : float, default 0
        How strongly each step pulls the parameter towards 0, as in `Optimizer`; with it, Adam is called AdamW.

    Raises
    ------
    ValueError, TypeError
        If a `beta` is no number from 0 to below 1 or `epsilon` no positive one, and as for `Optimizer`. Nothing has
        moved then.

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

    def __init__(self, learning_rate, *, beta_1=0.9, beta_2=0.999, epsilon=1e-8, weight_decay=0.0):
        super().__init__(learning_rate, weight_decay=weight_decay)
        self.beta_1 = require_share("beta_1", beta_1)
        self.beta_2 = require_share("beta_2", beta_2)
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
