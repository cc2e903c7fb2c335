"""Convolution and pooling: layers that look at an image through a small window.

An image is an array of shape (channels, height, width), and a batch has one more axis in front. Where a function takes
a size, a stride or a padding, one number holds for both directions and a pair is (vertical, horizontal).

A window moves in steps of the stride as long as it lies inside the padded image. Rows and columns behind the last
window are not read, so their gradient is 0: with ``size = 6``, a window of 3 and a stride of 2 the last row is left
over. `window_positions` gives the number of windows.
"""

import itertools

import numpy as np

from dlnotes.operation import operation

CHUNK_BYTES = 2**22  # columns for so many bytes at a time: few enough to stay in a processor's cache


@operation
def conv2d(x, W, b, *, stride=1, padding=0):
    r"""Cross-correlate a batch of images with a bank of kernels and add a bias.

    Each output channel is :math:`z_f = \sum_c W_{fc} \star x_c + b_f`. Introduced in the chapter "Convolutional
    networks".

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
    All windows of an image, written side by side as columns, turn the convolution into one matrix product [1]_. The
    columns hold every pixel as often as a window covers it, so they are made for a few images at a time, and made
    again in ``backward`` rather than kept.

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
    batch, channels, height, width = image_shape("x", x)
    stride, padding = pair("stride", stride, least=1), pair("padding", padding, least=0)
    require_kernels(x, W, b)
    filters, _, *kernel = W.shape
    (top, left), (rows, columns) = padding, window_positions((height, width), kernel, stride, padding)

    # Channels come first here: then the columns of several images are one matrix.
    padded = np.zeros((channels, batch, height + 2 * top, width + 2 * left), x.dtype)
    padded[:, :, top : top + height, left : left + width] = x.transpose(1, 0, 2, 3)
    W_matrix = W.reshape(filters, -1)
    windows = list(window_slices(kernel, stride, (rows, columns)))
    chunk = max(1, CHUNK_BYTES // max(1, W_matrix.shape[1] * rows * columns * x.itemsize))
    chunks = [slice(start, start + chunk) for start in range(0, batch, chunk)]

    def as_columns(images):
        result = np.empty((channels, len(windows), images.shape[1], rows, columns), x.dtype)
        for k, (r, c) in enumerate(windows):
            result[:, k] = images[:, :, r, c]
        return result.reshape(W_matrix.shape[1], -1)

    z = np.empty((batch, filters, rows, columns), np.result_type(x, W, b))
    for some in chunks:
        product = W_matrix @ as_columns(padded[:, some])
        z[some] = product.reshape(filters, -1, rows, columns).transpose(1, 0, 2, 3)
    z += b[:, None, None]

    def backward(delta):
        dW = np.zeros_like(W_matrix)
        dpadded = np.zeros_like(padded)
        for some in chunks:
            delta_matrix = delta[some].transpose(1, 0, 2, 3).reshape(filters, -1)
            dW += delta_matrix @ as_columns(padded[:, some]).T
            dcolumns = (W_matrix.T @ delta_matrix).reshape(channels, len(windows), -1, rows, columns)
            dimages = dpadded[:, some]
            for k, (r, c) in enumerate(windows):
                dimages[:, :, r, c] += dcolumns[:, k]
        dx = dpadded[:, :, top : top + height, left : left + width].transpose(1, 0, 2, 3)
        return np.ascontiguousarray(dx), dW.reshape(W.shape), delta.sum(axis=(0, 2, 3))

    return z, backward


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
    image_shape("x", x)
    stride, padding = pair("stride", stride, least=1), pair("padding", padding, least=0)
    require_kernels(x, W, b)
    positions = window_positions(x.shape[2:], W.shape[2:], stride, padding)
    padded, unpad = pad(x, padding=padding)
    z_indices = list(np.ndindex(len(x), len(W), *positions))
    W_indices = list(np.ndindex(W.shape[1:]))

    z = np.zeros((len(x), len(W), *positions), np.result_type(x, W, b))
    for n, f, i, j in z_indices:
        z[n, f, i, j] = b[f]
        for c, k, m in W_indices:
            z[n, f, i, j] += W[f, c, k, m] * padded[n, c, stride[0] * i + k, stride[1] * j + m]

    def backward(delta):
        dpadded, dW, db = np.zeros_like(padded), np.zeros_like(W), np.zeros_like(b)
        for n, f, i, j in z_indices:
            db[f] += delta[n, f, i, j]
            for c, k, m in W_indices:
                dW[f, c, k, m] += delta[n, f, i, j] * padded[n, c, stride[0] * i + k, stride[1] * j + m]
                dpadded[n, c, stride[0] * i + k, stride[1] * j + m] += delta[n, f, i, j] * W[f, c, k, m]
        return unpad(dpadded), dW, db

    return z, backward


@operation
def max_pool2d(x, *, window=2, stride=None):
    """Keep the largest number of every window, channel by channel.

    Where several are largest, the first one (row by row) counts as the maximum, and the whole gradient goes to it.
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
    windows, shape = pooling_windows(x, window, stride)
    y = np.full(shape, -np.inf, x.dtype)
    winner = np.zeros(shape, int)
    for k, (r, c) in enumerate(windows):
        winner[x[:, :, r, c] > y] = k
        y = np.maximum(y, x[:, :, r, c])

    def backward(dy):
        dx = np.zeros_like(x)
        for k, (r, c) in enumerate(windows):
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
    windows, shape = pooling_windows(x, window, stride)
    y = np.zeros(shape, x.dtype)
    for r, c in windows:
        y += x[:, :, r, c]
    y /= len(windows)

    def backward(dy):
        dx = np.zeros_like(x)
        for r, c in windows:
            dx[:, :, r, c] += dy / len(windows)
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
    *_, height, width = image_shape("x", x)
    top, left = pair("padding", padding, least=0)
    y = np.pad(x, [(0, 0), (0, 0), (top, top), (left, left)])

    def backward(dy):
        return dy[:, :, top : top + height, left : left + width].copy()

    return y, backward


@operation
def dilate(x, *, stride):
    """Put zeros between the pixels of every image, so that neighbours are `stride` apart.

    The backward map of a convolution with a stride needs it. Introduced in the chapter "Backpropagation through a
    convolution".

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
    *leading, height, width = image_shape("x", x)
    down, right = pair("stride", stride, least=1)
    y = np.zeros((*leading, down * (height - 1) + 1, right * (width - 1) + 1), x.dtype)
    y[:, :, ::down, ::right] = x

    def backward(dy):
        return dy[:, :, ::down, ::right].copy()

    return y, backward


def window_positions(image, window, stride, padding=(0, 0)):
    """Return how many positions a window has in an image, vertically and horizontally.

    Parameters
    ----------
    image, window, stride, padding : pair of int
        Sizes in pixels, (vertical, horizontal).

    Returns
    -------
    tuple of int
        ``(size + 2 * padding - window) // stride + 1`` for each direction.

    Raises
    ------
    ValueError
        If the window is larger than the padded image.

    Examples
    --------
    >>> window_positions((5, 5), (3, 3), stride=(2, 2), padding=(1, 1))
    (3, 3)
    """
    padded = tuple(size + 2 * p for size, p in zip(image, padding, strict=True))
    if any(w > size for w, size in zip(window, padded, strict=True)):
        raise ValueError(
            f"a window of {window[0]} x {window[1]} pixels does not fit an image of {padded[0]} x {padded[1]} "
            "(padding included)"
        )
    return tuple((size - w) // s + 1 for size, w, s in zip(padded, window, stride, strict=True))


def window_slices(window, stride, positions):
    """For each pixel of the window, yield the slices of the rows and columns it meets while the window moves."""
    for start in itertools.product(*map(range, window)):
        yield tuple(slice(a, a + s * (n - 1) + 1, s) for a, s, n in zip(start, stride, positions, strict=True))


def pooling_windows(x, window, stride):
    """Check the arguments of a pooling; return the slices of its windows and the shape of its result."""
    image_shape("x", x)
    window = pair("window", window, least=1)
    stride = window if stride is None else pair("stride", stride, least=1)
    positions = window_positions(x.shape[2:], window, stride)
    return list(window_slices(window, stride, positions)), (*x.shape[:2], *positions)


def image_shape(name, images):
    """Return the shape of a batch of images, or say what is wrong with it."""
    if images.ndim != 4 or 0 in images.shape[2:]:
        raise ValueError(f"{name} must have shape (batch, channels, height, width), got {images.shape}")
    return images.shape


def require_kernels(x, W, b):
    if W.ndim != 4 or W.shape[1] != x.shape[1] or b.shape != W.shape[:1] or 0 in W.shape:
        raise ValueError(
            "expected x of shape (batch, channels, height, width), W of shape (filters, channels, kernel_height, "
            f"kernel_width) and b of shape (filters,), got x {x.shape}, W {W.shape} and b {b.shape}"
        )


def pair(name, value, least):
    """Turn one count, or two, into (vertical, horizontal)."""
    counts = (value, value) if isinstance(value, (int, np.integer)) else value
    is_pair = isinstance(counts, (tuple, list)) and len(counts) == 2
    if not is_pair or not all(isinstance(n, (int, np.integer)) and n >= least for n in counts):
        raise ValueError(f"{name} must be an integer of at least {least}, or a pair of them, got {value!r}")
    return tuple(int(n) for n in counts)
