"""Pooling: what a window sees becomes one number, channel by channel."""

import numpy as np

from dlnotes.operation import operation
from dlnotes.windows import window_pixels


@operation
def max_pool2d(x, *, window=2, stride=None):
    """Keep the largest number of every window, channel by channel.

    Where several are largest, the first one (row by row) counts as the maximum, and the whole gradient goes to it. A
    window that holds nan has the maximum nan. Introduced in the chapter "Convolutional networks".

    Parameters
    ----------
    x : ndarray of shape (batch, channels, height, width)
        Feature maps.
    window : int or pair of int, default 2
        Size of the window in pixels.
    stride : int or pair of int, optional
        Pixels from one window to the next; by default the size of the window, so that none overlap.

    Returns
    -------
    y : ndarray of shape (batch, channels, out_height, out_width)
        The maxima, where ``out = (size - window) // stride + 1``.
    backward : callable
        Maps ``dy`` to ``dx``.

    Raises
    ------
    TypeError, ValueError
        If the window is larger than the image, or a size or stride is no count.

    Examples
    --------
    >>> y, backward = max_pool2d(np.array([[[[1.0, 3.0], [3.0, 2.0]]]]))
    >>> y[0, 0], backward(np.ones_like(y))[0, 0]
    (array([[3.]]), array([[0., 1.],
           [0., 0.]]))
    """
    pixels = window_pixels(x, window, window if stride is None else stride)
    windows = np.stack([x[pixel] for pixel in pixels])  # (pixels, batch, channels, out_height, out_width)
    winner = windows.argmax(axis=0)  # of equals, argmax takes the first
    y = windows.max(axis=0)

    def backward(dy):
        dx = np.zeros_like(x)
        for k, pixel in enumerate(pixels):
            dx[pixel] += dy * (winner == k)
        return dx

    return y, backward


@operation
def mean_pool2d(x, *, window=2, stride=None):
    """Take the mean of every window, channel by channel; its gradient spreads evenly.

    Introduced in the chapter "Convolutional networks".

    Parameters
    ----------
    x : ndarray of shape (batch, channels, height, width)
        Feature maps.
    window : int or pair of int, default 2
        Size of the window in pixels.
    stride : int or pair of int, optional
        Pixels from one window to the next; by default the size of the window, so that none overlap.

    Returns
    -------
    y : ndarray of shape (batch, channels, out_height, out_width)
        The means, where ``out = (size - window) // stride + 1``.
    backward : callable
        Maps ``dy`` to ``dx``.

    Raises
    ------
    TypeError, ValueError
        If the window is larger than the image, or a size or stride is no count.

    Examples
    --------
    >>> y, backward = mean_pool2d(np.array([[[[1.0, 3.0], [3.0, 2.0]]]]))
    >>> y[0, 0], backward(np.ones_like(y))[0, 0]
    (array([[2.25]]), array([[0.25, 0.25],
           [0.25, 0.25]]))
    """
    pixels = window_pixels(x, window, window if stride is None else stride)
    y = sum(x[pixel] for pixel in pixels) / len(pixels)

    def backward(dy):
        dx = np.zeros_like(x)
        share = dy / len(pixels)
        for pixel in pixels:
            dx[pixel] += share
        return dx

    return y, backward
