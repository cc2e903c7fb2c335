"""Schedules: how the learning rate changes from step to step. An optimizer takes one in place of its learning rate."""

from math import cos, inf, pi

from dlnotes.operation import require_callable, require_count, require_number, require_positive


def linear(first, last, steps):
    r"""Go from one learning rate to another along a straight line, and stay there.

    :math:`\eta_k = \eta_\text{first} + (\eta_\text{last} - \eta_\text{first})\, k / n` for step :math:`k` of :math:`n`.
    Introduced in the chapter "Optimizers: from batches to Adam".

    Parameters
    ----------
    first : float
        The learning rate of step 0.
    last : float
        That of step number `steps` and all later ones. It may be 0 if no such step is taken.
    steps : int
        How many steps the way takes.

    Returns
    -------
    schedule : callable
        Maps the step number 0, 1, 2, ... to its learning rate.

    Raises
    ------
    ValueError, TypeError
        If `first` is not positive, `last` is negative, or `steps` no count.

    Examples
    --------
    >>> schedule = linear(0.5, 0.1, steps=4)
    >>> [round(schedule(step), 3) for step in range(6)]
    [0.5, 0.4, 0.3, 0.2, 0.1, 0.1]
    """
    first, last, steps = require_way(first, last, steps)
    return lambda step: first + (last - first) * min(1, passed(step, steps))


def cosine(first, last, steps):
    r"""Go from one learning rate to another along half a wave, slowly at both ends, and stay there [1]_.

    :math:`\eta_k = \eta_\text{last} + (\eta_\text{first} - \eta_\text{last})\,(1 + \cos(\pi k / n)) / 2` for step
    :math:`k` of :math:`n`. Introduced in the chapter "Optimizers: from batches to Adam".

    Parameters
    ----------
    first, last, steps
        As for `linear`.

    Returns
    -------
    schedule : callable
        Maps the step number 0, 1, 2, ... to its learning rate.

    Raises
    ------
    ValueError, TypeError
        As for `linear`.

    References
    ----------
    .. [1] I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017,
       arXiv:1608.03983.

    Examples
    --------
    >>> schedule = cosine(0.5, 0.1, steps=4)
    >>> [round(schedule(step), 3) for step in range(6)]
    [0.5, 0.441, 0.3, 0.159, 0.1, 0.1]
    """
    first, last, steps = require_way(first, last, steps)
    return lambda step: last + (first - last) * (1 + cos(pi * min(1, passed(step, steps)))) / 2


def inverse(first, steps):
    r"""Let the learning rate fall as one over the step number: it is halved after so many steps.

    :math:`\eta_k = \eta_\text{first} / (1 + k / n)`. These rates add up to infinity and their squares do not, as the
    proof of convergence asks for [1]_. Introduced in the chapter "Optimizers: from batches to Adam".

    Parameters
    ----------
    first : float
        The learning rate of step 0.
    steps : int
        The number :math:`n` of the step that has half that rate.

    Returns
    -------
    schedule : callable
        Maps the step number 0, 1, 2, ... to its learning rate.

    Raises
    ------
    ValueError, TypeError
        If `first` is not positive, or `steps` no count.

    References
    ----------
    .. [1] H. Robbins and S. Monro, "A stochastic approximation method", The Annals of Mathematical Statistics
       22(3):400-407, 1951, doi:10.1214/aoms/1177729586.

    Examples
    --------
    >>> schedule = inverse(0.6, steps=2)
    >>> [round(schedule(step), 3) for step in range(5)]
    [0.6, 0.4, 0.3, 0.24, 0.2]
    """
    first, steps = require_positive("first", first), require_count("steps", steps)
    return lambda step: first / (1 + passed(step, steps))


def warmup(schedule, steps):
    r"""Let a schedule begin with small learning rates, while the gradients are still wild [1]_.

    The rate of step :math:`k` is multiplied by :math:`(k + 1) / n` until that is 1. Introduced in the chapter
    "Optimizers: from batches to Adam".

    Parameters
    ----------
    schedule : callable
        Maps the step number to a learning rate.
    steps : int
        The number :math:`n` of steps until the rate is that of the schedule.

    Returns
    -------
    schedule : callable
        Maps the step number 0, 1, 2, ... to its learning rate.

    Raises
    ------
    ValueError, TypeError
        If `schedule` can't be called, or `steps` is no count.

    References
    ----------
    .. [1] P. Goyal, P. Dollar, R. Girshick, P. Noordhuis, L. Wesolowski, A. Kyrola, A. Tulloch, Y. Jia and K. He,
       "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017, arXiv:1706.02677.

    Examples
    --------
    >>> schedule = warmup(linear(1.0, 0.2, steps=8), steps=4)
    >>> [round(schedule(step), 3) for step in range(6)]
    [0.25, 0.45, 0.6, 0.7, 0.6, 0.5]
    """
    require_callable("schedule", schedule, "a function of the step number, such as linear returns")
    steps = require_count("steps", steps)
    return lambda step: schedule(step) * min(1, (1 + passed(step, 1)) / steps)


def passed(step, steps):
    """Return the share of so many steps that lies before the step of this number."""
    return require_count("step", step, least=0) / steps


def require_way(first, last, steps):
    """Return two learning rates and the number of steps between them, if they are that."""
    last = require_number("last", last, "a number from 0", lambda rate: 0 <= rate < inf)
    return require_positive("first", first), last, require_count("steps", steps)
