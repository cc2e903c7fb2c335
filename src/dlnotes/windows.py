"""A small window that moves over images: where it goes, what it meets, and frames of zeros.

An image is an array of shape (channels, height, width), and a batch has one more axis in front. Where a function takes
a size, a stride or a padding, one number holds for both directions and a pair is (vertical, horizontal).

A window moves in steps of the stride as long as it lies inside the image, so it has
``(size - window) // stride + 1`` positions in each direction. Rows and columns behind the last one are
not read, and their gradient is 0: of 6 rows, a window of 3 with a stride of 2 reads the first 5.
"""

import numpy as np

from dlnotes.operation import operation, require_count, shown


@operation
def im2col(x, *, window, stride=1):
    """Write each image as a matrix whose columns are its windows.

    A pixel stands in it as often as a window covers it, so the backward map, known as *col2im*, adds what its copies
    receive. Introduced in the chapter "Convolutional networks".

    Parameters
    ----------
    x : ndarray of shape (batch, channels, height, width)
        Images.
    window : int or pair of int
        Size of the window in pixels.
    stride : int or pair of int, default 1
        Pixels from one window to the next.

    Returns
    -------
    X_col : ndarray of shape (batch, channels * window_height * window_width, out_height * out_width)
        A row for each pixel of the window in each channel, a column for each position of the window; both row by row.
    backward : callable
        Maps ``dX_col`` to ``dx``.

    Raises
    ------
    TypeError, ValueError
        If `x` is no batch of images, the window is larger than they are, or a size or stride is no count.

    Examples
    --------
    >>> X_col, backward = im2col(np.arange(6.0).reshape(1, 1, 2, 3), window=2)
    >>> X_col[0]
    array([[0., 1.],
           [1., 2.],
           [3., 4.],
           [4., 5.]])
    >>> backward(np.ones_like(X_col))[0, 0]
    array([[1., 2., 1.],
           [1., 2., 1.]])
    """
    pixels = window_pixels(x, window, stride)
    copies = np.stack([x[pixel] for pixel in pixels], axis=2)  # (batch, channels, pixels, out_height, out_width)
    batch, channels, _, rows, columns = copies.shape

    def backward(dX_col):
        dcopies, dx = dX_col.reshape(copies.shape), np.zeros_like(x)
        for k, pixel in enumerate(pixels):
            dx[pixel] += dcopies[:, :, k]
        return dx

    return copies.reshape(batch, channels * len(pixels), rows * columns), backward


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
    TypeError, ValueError
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
    TypeError, ValueError
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
    down, right = pair("stride", stride)
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
    image, window, stride : int or pair of int
        Sizes in pixels, (vertical, horizontal). Padding belongs to the image.

    Returns
    -------
    tuple of int
        ``(image - window) // stride + 1`` for each direction.

    Raises
    ------
    TypeError, ValueError
        If one of them is no count, or the window is larger than the image.

    Examples
    --------
    >>> window_positions((7, 8), window=3, stride=2)
    (3, 3)
    """
    image, window, stride = pair("image", image), pair("window", window), pair("stride", stride)
    if window[0] > image[0] or window[1] > image[1]:
        raise ValueError(
            f"a window of {window[0]} x {window[1]} pixels does not fit an image of {image[0]} x {image[1]} pixels "
            "(padding included)"
        )
    return tuple((size - w) // s + 1 for size, w, s in zip(image, window, stride, strict=True))


def window_pixels(x, window, stride):
    """Check the arguments; for each pixel of the window, row by row, return the index of what it meets on its way."""
    require_images(x)
    rows, columns = window_positions(x.shape[2:], window, stride)
    (height, width), (down, right) = pair("window", window), pair("stride", stride)
    vertical = [slice(m, m + down * rows, down) for m in range(height)]
    horizontal = [slice(n, n + right * columns, right) for n in range(width)]
    return [(..., v, h) for v in vertical for h in horizontal]


def require_images(x):
    """Refuse what is no batch of images."""
    if x.ndim != 4 or 0 in x.shape[1:]:
        raise ValueError(f"x must have shape (batch, channels, height, width), without a 0, got {x.shape}")


def pair(name, value, least=1):
    """Turn one count, or two, into (vertical, horizontal)."""
    if not isinstance(value, (tuple, list)):
        count = require_count(name, value, least)
        return count, count
    if len(value) != 2:
        raise ValueError(f"{name} must be one integer or a pair of them, got {shown(value)}")
    return tuple(require_count(name, count, least) for count in value)
