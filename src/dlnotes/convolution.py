"""Convolution and pooling: layers that look at an image through a small window.

An image is an array of shape (channels, height, width), and a batch has one more axis in front. Where a function takes
a size, a stride or a padding, one number holds for both directions and a pair is (vertical, horizontal).

A window moves in steps of the stride as long as it lies inside the padded image, so it has
``(size + 2 * padding - window) // stride + 1`` positions in each direction. Rows and columns behind the last one are
not read, and their gradient is 0: of 6 rows, a window of 3 with a stride of 2 reads the first 5.
"""

from itertools import product
from numbers import Integral

import numpy as np

from dlnotes.operation import operation

CHUNK_BYTES = 2**20  # strips for so many bytes at a time: few enough to stay in a processor's cache


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
    ValueError
        If the shapes do not fit, the kernel is larger than the padded image, or a stride or padding is no count.

    Notes
    -----
    All windows of an image, written side by side as the columns of a matrix, turn the convolution into one matrix
    product [1]_. The columns hold every pixel as often as a window covers it. Here the images are shifted sideways
    only, into one strip for each column of the kernel: what a row of the kernel meets is then a block of rows of the
    strips, and there is one matrix product for each row of the kernel.

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
    stride = require_convolution(x, W, b, stride)
    padded, unpad = pad(x, padding=padding)
    batch, (filters, channels, kernel_height, kernel_width) = len(x), W.shape
    rows, columns = window_positions(padded.shape[2:], W.shape[2:], stride)
    met_rows, met_columns = slices_met(W.shape[2:], stride, (rows, columns))
    W_rows = W.transpose(2, 0, 1, 3).reshape(kernel_height, filters, -1)  # (kernel_height, filters, channels * width)

    strips = np.empty((batch, channels, kernel_width, padded.shape[2], columns), x.dtype)
    for n, met in enumerate(met_columns):
        strips[:, :, n] = padded[..., met]
    chunk = max(1, CHUNK_BYTES * batch // max(1, strips.nbytes))  # images at a time
    chunks = [slice(start, start + chunk) for start in range(0, batch, chunk)]

    def matrices(some, m):
        """What row m of the kernel meets, for each image; without a vertical stride nothing is copied."""
        return strips[some][..., met_rows[m], :].reshape(-1, channels * kernel_width, rows * columns)

    z = np.empty((batch, filters, rows * columns), np.result_type(x, W, b))
    for some in chunks:
        np.matmul(W_rows[0], matrices(some, 0), out=z[some])
        for m in range(1, kernel_height):
            z[some] += W_rows[m] @ matrices(some, m)
        z[some] += b[:, None]

    def backward(delta):
        delta_matrices = delta.reshape(z.shape)
        dW_rows, dpadded = np.zeros_like(W_rows), np.zeros_like(padded)
        for some in chunks:
            dstrips = np.zeros_like(strips[some])
            for m, met in enumerate(met_rows):
                dW_rows[m] += (delta_matrices[some] @ matrices(some, m).transpose(0, 2, 1)).sum(axis=0)
                block = dstrips[..., met, :]
                block += (W_rows[m].T @ delta_matrices[some]).reshape(block.shape)
            for n, met in enumerate(met_columns):
                dpadded[some][..., met] += dstrips[:, :, n]
        dW = dW_rows.reshape(kernel_height, filters, channels, kernel_width).transpose(1, 2, 0, 3)
        return unpad(dpadded), dW.copy(), delta.sum(axis=(0, 2, 3))

    return z.reshape(batch, filters, rows, columns), backward


@operation
def conv2d_by_definition(x, W, b, *, stride=1, padding=0):
    r"""Compute what `conv2d` computes, as the formula says it: slow, and easy to believe.

    :math:`z_{fij} = b_f + \sum_{c,m,n} W_{fcmn}\, x_{c,\,si+m,\,sj+n}` for one padded image and the stride s.
    Introduced in the chapter "Convolutional networks".

    Parameters
    ----------
    x : ndarray of shape (batch, channels, height, width)
        Input images.
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
        Pre-activation.
    backward : callable
        Maps ``delta`` to ``(dx, dW, db)``.

    Raises
    ------
    ValueError
        If the shapes do not fit, the kernel is larger than the padded image, or a stride or padding is no count.

    Examples
    --------
    >>> z, _ = conv2d_by_definition(np.arange(9.0).reshape(1, 1, 3, 3), np.ones((1, 1, 2, 2)), np.zeros(1))
    >>> z[0, 0]
    array([[ 8., 12.],
           [20., 24.]])
    """
    stride = require_convolution(x, W, b, stride)
    padded, unpad = pad(x, padding=padding)
    positions = window_positions(padded.shape[2:], W.shape[2:], stride)
    outputs = list(np.ndindex(len(x), len(W), *positions))
    weights = list(np.ndindex(W.shape[1:]))

    def met_by(k, i, j, c, m, n):
        """The pixel of image k that the weight (m, n) for channel c meets when the window is at (i, j)."""
        return k, c, stride[0] * i + m, stride[1] * j + n

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
    ValueError
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
    ValueError
        If the window is larger than the image, or a size or stride is no count.

    Examples
    --------
    >>> y, backward = max_pool2d(np.array([[[[1.0, 3.0], [3.0, 2.0]]]]))
    >>> y[0, 0], backward(np.ones_like(y))[0, 0]
    (array([[3.]]), array([[0., 1.],
           [0., 0.]]))
    """
    pixels = pooling_pixels(x, window, stride)
    windows = np.stack([x[:, :, r, c] for r, c in pixels])  # (pixels, batch, channels, out_height, out_width)
    winner = windows.argmax(axis=0)  # of equals, argmax takes the first
    y = windows.max(axis=0)

    def backward(dy):
        dx = np.zeros_like(x)
        for k, (r, c) in enumerate(pixels):
            dx[:, :, r, c] += dy * (winner == k)
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
    ValueError
        If the window is larger than the image, or a size or stride is no count.

    Examples
    --------
    >>> y, backward = mean_pool2d(np.array([[[[1.0, 3.0], [3.0, 2.0]]]]))
    >>> y[0, 0], backward(np.ones_like(y))[0, 0]
    (array([[2.25]]), array([[0.25, 0.25],
           [0.25, 0.25]]))
    """
    pixels = pooling_pixels(x, window, stride)
    y = sum(x[:, :, r, c] for r, c in pixels) / len(pixels)

    def backward(dy):
        dx = np.zeros_like(x)
        share = dy / len(pixels)
        for r, c in pixels:
            dx[:, :, r, c] += share
        return dx

    return y, backward


@operation
def pad(x, *, padding):
    """Put a frame of zeros around every image.

    Introduced in the chapter "Convolutional networks".

    Parameters
    ----------
    x : ndarray of shape (batch, channels, height, width)
        Images.
    padding : int or pair of int
        Width of the frame in pixels, on each side.

    Returns
    -------
    y : ndarray of shape (batch, channels, height + 2 * padding, width + 2 * padding)
        The framed images.
    backward : callable
        Maps ``dy`` to ``dx``: it takes the frame away.

    Raises
    ------
    ValueError
        If `x` is no batch of images, or the padding no count.

    Examples
    --------
    >>> y, backward = pad(np.ones((1, 1, 1, 2)), padding=1)
    >>> y[0, 0]
    array([[0., 0., 0., 0.],
           [0., 1., 1., 0.],
           [0., 0., 0., 0.]])
    """
    require_images(x)
    top, left = pair("padding", padding, least=0)
    batch, channels, height, width = x.shape
    y = np.zeros((batch, channels, height + 2 * top, width + 2 * left), x.dtype)
    inside = np.s_[:, :, top : top + height, left : left + width]
    y[inside] = x

    def backward(dy):
        return dy[inside].copy()

    return y, backward


@operation
def dilate(x, *, stride):
    """Put zeros between the pixels of every image, so that neighbours are `stride` apart.

    The backward map of a convolution with a stride needs it. Introduced in the chapter "Backpropagation through
    a convolution".

    Parameters
    ----------
    x : ndarray of shape (batch, channels, height, width)
        Images.
    stride : int or pair of int
        The new distance of neighbours in pixels.

    Returns
    -------
    y : ndarray of shape (batch, channels, stride * (height - 1) + 1, stride * (width - 1) + 1)
        The dilated images.
    backward : callable
        Maps ``dy`` to ``dx``: it picks every `stride`-th pixel.

    Raises
    ------
    ValueError
        If `x` is no batch of images, or the stride no count.

    Examples
    --------
    >>> y, backward = dilate(np.ones((1, 1, 2, 2)), stride=2)
    >>> y[0, 0]
    array([[1., 0., 1.],
           [0., 0., 0.],
           [1., 0., 1.]])
    """
    require_images(x)
    down, right = pair("stride", stride, least=1)
    batch, channels, height, width = x.shape
    y = np.zeros((batch, channels, down * (height - 1) + 1, right * (width - 1) + 1), x.dtype)
    y[:, :, ::down, ::right] = x

    def backward(dy):
        return dy[:, :, ::down, ::right].copy()

    return y, backward


def window_positions(image, window, stride):
    """Return how many positions a window has in an image, vertically and horizontally.

    Parameters
    ----------
    image, window, stride : pair of int
        Sizes in pixels, (vertical, horizontal). Padding belongs to the image.

    Returns
    -------
    tuple of int
        ``(image - window) // stride + 1`` for each direction.

    Raises
    ------
    ValueError
        If the window is larger than the image.

    Examples
    --------
    >>> window_positions((7, 8), window=(3, 3), stride=(2, 2))
    (3, 3)
    """
    if any(w > size for w, size in zip(window, image, strict=True)):
        raise ValueError(
            f"a window of {window[0]} x {window[1]} pixels does not fit an image of {image[0]} x {image[1]} pixels "
            "(padding included)"
        )
    return tuple((size - w) // s + 1 for size, w, s in zip(image, window, stride, strict=True))


def window_pixels(window, stride, positions):
    """For each pixel of the window, the slices of the rows and columns it meets while the window moves."""
    return list(product(*slices_met(window, stride, positions)))


def slices_met(window, stride, positions):
    """For each row of the window, and for each column, the slice of those it meets while the window moves."""
    return [
        [slice(start, start + s * (n - 1) + 1, s) for start in range(w)]
        for w, s, n in zip(window, stride, positions, strict=True)
    ]


def pooling_pixels(x, window, stride):
    """Check the arguments of a pooling, and return what `window_pixels` says for it."""
    require_images(x)
    window = pair("window", window, least=1)
    stride = window if stride is None else pair("stride", stride, least=1)
    return window_pixels(window, stride, window_positions(x.shape[2:], window, stride))


def require_convolution(x, W, b, stride):
    """Check the arguments of a convolution, all but the padding, and return the stride as a pair."""
    require_images(x)
    if W.ndim != 4 or 0 in W.shape or W.shape[1] != x.shape[1] or b.shape != W.shape[:1]:
        raise ValueError(
            "expected x of shape (batch, channels, height, width), W of shape (filters, channels, kernel_height, "
            f"kernel_width) and b of shape (filters,), got x {x.shape}, W {W.shape} and b {b.shape}"
        )
    return pair("stride", stride, least=1)


def require_images(x):
    if x.ndim != 4 or 0 in x.shape[1:]:
        raise ValueError(f"x must have shape (batch, channels, height, width), without a 0, got {x.shape}")


def pair(name, value, least):
    """Turn one count, or two, into (vertical, horizontal)."""
    counts = value if isinstance(value, (tuple, list)) else (value, value)
    if len(counts) != 2 or not all(isinstance(n, Integral) and n >= least for n in counts):
        raise ValueError(f"{name} must be an integer of at least {least}, or a pair of them, got {value!r}")
    return tuple(counts)
