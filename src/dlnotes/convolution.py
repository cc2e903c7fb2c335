"""Convolution: a layer that looks at an image through a small window, with the same weights everywhere.

How the window moves, and what an image, a size, a stride and a padding are, is said in `dlnotes.windows`.
"""

import numpy as np

from dlnotes.operation import operation
from dlnotes.windows import im2col, pad, pair, require_images, window_positions

CHUNK_BYTES = 2**20  # columns for so many bytes at a time: few enough to stay in a processor's cache


@operation
def conv2d(x, W, b, *, stride=1, padding=0):
    r"""Cross-correlate a batch of images with a bank of kernels and add a bias.

    Each output channel is :math:`z_f = \sum_c x_c \star W_{fc} + b_f`.
    Introduced in the chapter "Convolutional networks".

    Parameters
    ----------
    x : ndarray of shape (batch, channels, height, width)
        Input images, or the feature maps of the layer below.
    W : ndarray of shape (filters, channels, kernel_height, kernel_width)
        One kernel per pair of output and input channel.
    b : ndarray of shape (filters,)
        One bias per output channel.
    stride : int or pair of int, default 1
        Pixels from one window to the next.
    padding : int or pair of int, default 0
        Zeros added on each side of the image, in pixels.

    Returns
    -------
    z : ndarray of shape (batch, filters, out_height, out_width)
        Pre-activation, where ``out = (size + 2 * padding - kernel) // stride + 1``.
    backward : callable
        Maps ``delta``, the gradient of the loss with respect to `z`, to ``(dx, dW, db)``.

    Raises
    ------
    TypeError, ValueError
        If the shapes do not fit, the kernel is larger than the padded image, or a stride or padding is no count.

    Notes
    -----
    All windows of an image, written side by side as the columns of a matrix, turn the convolution into one matrix
    product [1]_. The columns hold every pixel as often as a window covers it, so they are made for a few images at a
    time, and made again on the way back.

    References
    ----------
    .. [1] K. Chellapilla, S. Puri and P. Simard, "High performance convolutional neural networks for document
       processing", Tenth International Workshop on Frontiers in Handwriting Recognition, 2006.

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> z, backward = conv2d(x, np.ones((1, 1, 2, 2)), np.zeros(1))
    >>> z[0, 0]
    array([[ 8., 12.],
           [20., 24.]])
    >>> dx, dW, db = backward(np.ones_like(z))
    >>> dx[0, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    require_convolution(x, W, b)
    padded, unpad = pad(x, padding=padding)
    rows, columns = window_positions(padded.shape[2:], W.shape[2:], stride)
    W_rows = W.reshape(len(W), -1)  # (filters, channels * kernel_height * kernel_width)
    z = np.empty((len(x), len(W), rows * columns), np.result_type(x, W, b))
    few = max(1, CHUNK_BYTES // (x.itemsize * W_rows.shape[1] * rows * columns))  # images at a time
    chunks = [slice(start, start + few) for start in range(0, len(x), few)]
    for some in chunks:
        X_col, _ = im2col(padded[some], window=W.shape[2:], stride=stride)  # (few, columns of W_rows, rows * columns)
        z[some] = W_rows @ X_col + b[:, None]

    def backward(delta):
        Delta, dW_rows, dpadded = delta.reshape(z.shape), np.zeros_like(W_rows), np.empty_like(padded)
        for some in chunks:
            X_col, col2im = im2col(padded[some], window=W.shape[2:], stride=stride)
            dW_rows += (X_col @ Delta[some].transpose(0, 2, 1)).sum(axis=0).T  # faster than Delta @ X_col.T
            dpadded[some] = col2im(W_rows.T @ Delta[some])
        return unpad(dpadded), dW_rows.reshape(W.shape), delta.sum(axis=(0, 2, 3))

    return z.reshape(len(x), len(W), rows, columns), backward


@operation
def conv2d_by_definition(x, W, b, *, stride=1, padding=0):
    r"""Compute what `conv2d` computes, as the formula says it: slow, and easy to believe.

    :math:`z_{fij} = b_f + \sum_{c,m,n} W_{fcmn}\, x_{c,\,si+m,\,sj+n}` for one padded image and the stride s.
    Introduced in the chapter "Convolutional networks".

    Parameters
    ----------
    x, W, b, stride, padding
        As for `conv2d`.

    Returns
    -------
    z : ndarray of shape (batch, filters, out_height, out_width)
        As for `conv2d`.
    backward : callable
        Maps ``delta`` to ``(dx, dW, db)``.

    Raises
    ------
    TypeError, ValueError
        As for `conv2d`.

    Examples
    --------
    >>> z, _ = conv2d_by_definition(np.arange(9.0).reshape(1, 1, 3, 3), np.ones((1, 1, 2, 2)), np.zeros(1))
    >>> z[0, 0]
    array([[ 8., 12.],
           [20., 24.]])
    """
    require_convolution(x, W, b)
    padded, unpad = pad(x, padding=padding)
    down, right = pair("stride", stride)
    positions = window_positions(padded.shape[2:], W.shape[2:], stride)
    outputs = list(np.ndindex(len(x), len(W), *positions))
    weights = list(np.ndindex(W.shape[1:]))

    def met_by(k, i, j, c, m, n):
        """The pixel of image k that the weight (m, n) for channel c meets when the window is at (i, j)."""
        return k, c, down * i + m, right * j + n

    z = np.zeros((len(x), len(W), *positions), np.result_type(x, W, b))
    for k, f, i, j in outputs:
        z[k, f, i, j] = b[f] + sum(W[f, *cmn] * padded[met_by(k, i, j, *cmn)] for cmn in weights)

    def backward(delta):
        dpadded, dW, db = np.zeros_like(padded), np.zeros_like(W), np.zeros_like(b)
        for k, f, i, j in outputs:
            db[f] += delta[k, f, i, j]
            for cmn in weights:
                dW[f, *cmn] += delta[k, f, i, j] * padded[met_by(k, i, j, *cmn)]
                dpadded[met_by(k, i, j, *cmn)] += delta[k, f, i, j] * W[f, *cmn]
        return unpad(dpadded), dW, db

    return z, backward


@operation
def turn(W):
    """Turn every kernel by 180 degrees: this makes a convolution of a cross-correlation.

    Introduced in the chapter "Convolutional networks".

    Parameters
    ----------
    W : ndarray of shape (filters, channels, kernel_height, kernel_width)
        Kernels, or images.

    Returns
    -------
    turned : ndarray of the shape of `W`
        The kernels with their rows and their columns in reverse order.
    backward : callable
        Maps ``dturned`` to ``dW``: it turns them back.

    Raises
    ------
    ValueError
        If `W` does not have four axes.

    Examples
    --------
    >>> turned, backward = turn(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]))
    >>> turned[0, 0]
    array([[4., 3.],
           [2., 1.]])
    """
    if W.ndim != 4:
        raise ValueError(f"W must have shape (filters, channels, kernel_height, kernel_width), got {W.shape}")

    def turned(kernels):
        return kernels[:, :, ::-1, ::-1].copy()

    return turned(W), turned


@operation
def true_conv2d(x, W, b, *, stride=1, padding=0):
    r"""Convolve a batch of images with a bank of kernels, in the sense of mathematics, and add a bias.

    With one channel, :math:`(W * x)_{ij} = \sum_{m,n} W_{mn}\, x_{i-m,\,j-n}`: the kernel runs backwards. That is the
    cross-correlation, `conv2d`, with the turned kernel. Introduced in the chapter "Convolutional networks".

    Parameters
    ----------
    x, W, b, stride, padding
        As for `conv2d`. A padding of ``kernel - 1`` gives all of :math:`W * x`, the full convolution; without padding
        only the sums that stay inside the image are left.

    Returns
    -------
    z : ndarray of shape (batch, filters, out_height, out_width)
        Pre-activation, of the shape that `conv2d` gives.
    backward : callable
        Maps ``delta`` to ``(dx, dW, db)``.

    Raises
    ------
    TypeError, ValueError
        As for `conv2d`.

    Examples
    --------
    >>> one = np.array([[[[1.0]]]])
    >>> W = np.array([[[[1.0, 2.0, 3.0]]]])
    >>> true_conv2d(one, W, [0.0], padding=(0, 2))[0]
    array([[[[1., 2., 3.]]]])
    >>> conv2d(one, W, [0.0], padding=(0, 2))[0]
    array([[[[3., 2., 1.]]]])
    """
    turned, turn_backward = turn(W)
    z, conv2d_backward = conv2d(x, turned, b, stride=stride, padding=padding)

    def backward(delta):
        dx, dturned, db = conv2d_backward(delta)
        return dx, turn_backward(dturned), db

    return z, backward


def require_convolution(x, W, b):
    """Refuse images, kernels and biases that do not belong together."""
    require_images(x)
    if W.ndim != 4 or 0 in W.shape or W.shape[1] != x.shape[1] or b.shape != W.shape[:1]:
        raise ValueError(
            "expected x of shape (batch, channels, height, width), W of shape (filters, channels, kernel_height, "
            f"kernel_width) and b of shape (filters,), got x {x.shape}, W {W.shape} and b {b.shape}"
        )
