"""Other ways to write a convolution with NumPy, to be timed beside `dlnotes.convolution.conv2d`.

All keep the contract of `dlnotes`, and all compute the same. They are written for the comparison, in the manner of
what is found in books and courses; the stride is 1.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dlnotes.convolution import pad, window_pixels
from dlnotes.operation import operation


def sizes(x, W, padding):
    """Return batch, channels, filters, kernel height and width, output height and width."""
    (batch, channels, height, width), (filters, _, kernel_height, kernel_width) = x.shape, W.shape
    rows, columns = height + 2 * padding - kernel_height + 1, width + 2 * padding - kernel_width + 1
    return batch, channels, filters, kernel_height, kernel_width, rows, columns


@operation
def im2col(x, W, b, *, padding=0):
    """One window a row, for the whole batch at once and kept for the way back: the im2col of the from-scratch books."""
    batch, channels, filters, kh, kw, rows, columns = sizes(x, W, padding)
    padded, unpad = pad(x, padding=padding)
    windows = np.empty((batch, channels, kh, kw, rows, columns), x.dtype)
    for m, n in np.ndindex(kh, kw):
        windows[:, :, m, n] = padded[:, :, m : m + rows, n : n + columns]
    matrix = windows.transpose(0, 4, 5, 1, 2, 3).reshape(batch * rows * columns, -1)
    W_matrix = W.reshape(filters, -1)
    z = (matrix @ W_matrix.T + b).reshape(batch, rows, columns, filters).transpose(0, 3, 1, 2)

    def backward(delta):
        delta_matrix = delta.transpose(0, 2, 3, 1).reshape(-1, filters)
        dW = (delta_matrix.T @ matrix).reshape(W.shape)
        dmatrix = (delta_matrix @ W_matrix).reshape(batch, rows, columns, channels, kh, kw)
        dwindows = dmatrix.transpose(0, 3, 4, 5, 1, 2)
        dpadded = np.zeros_like(padded)
        for m, n in np.ndindex(kh, kw):
            dpadded[:, :, m : m + rows, n : n + columns] += dwindows[:, :, m, n]
        return unpad(dpadded), dW, delta_matrix.sum(axis=0)

    return z, backward


def by_windows(multiply):
    """Make a convolution of a product: a view of all windows, and for the input the full convolution of delta."""

    @operation
    def convolve(x, W, b, *, padding=0):
        _, _, _, kh, kw, *_ = sizes(x, W, padding)
        padded, unpad = pad(x, padding=padding)
        windows = sliding_window_view(padded, (kh, kw), axis=(2, 3))  # (batch, channels, rows, columns, kh, kw)
        z = multiply("fcmn,bcijmn->bfij", W, windows) + b[:, None, None]

        def backward(delta):
            dW = multiply("bfij,bcijmn->fcmn", delta, windows)
            full, _ = pad(delta, padding=(kh - 1, kw - 1))
            delta_windows = sliding_window_view(full, (kh, kw), axis=(2, 3))
            dpadded = multiply("fcmn,bfijmn->bcij", W[:, :, ::-1, ::-1], delta_windows)
            return unpad(dpadded), dW, delta.sum(axis=(0, 2, 3))

        return z, backward

    return convolve


def tensordot(subscripts, a, b):
    """What `einsum` says, by `tensordot`: sum over the axes that both have and the result has not."""
    (a_axes, b_axes), result = subscripts.partition("->")[0].split(","), subscripts.partition("->")[2]
    summed = [axis for axis in a_axes if axis in b_axes]
    product = np.tensordot(a, b, ([a_axes.index(axis) for axis in summed], [b_axes.index(axis) for axis in summed]))
    left = [axis for axis in a_axes + b_axes if axis not in summed]
    return product.transpose([left.index(axis) for axis in result])


windows_einsum = by_windows(lambda subscripts, a, b: np.einsum(subscripts, a, b, optimize=True))
windows_tensordot = by_windows(tensordot)


@operation
def long_rows(x, W, b, *, padding=0):
    """A clever way: in a padded image written as one row of numbers, a window's pixel is a distance.

    The pixels that one weight meets are then one long run instead of many short rows, which copies and adds faster.
    The price: the windows that would wrap around the edge of an image are computed too, and thrown away; a kernel as
    wide as the image wastes nearly everything; and a stride needs another way.
    """
    batch, channels, filters, kh, kw, rows, columns = sizes(x, W, padding)
    padded, _ = pad(x, padding=padding)
    padded = np.ascontiguousarray(padded.transpose(1, 0, 2, 3))  # (channels, batch, height, width)
    _, _, height, width = padded.shape
    distances = [m * width + n for m, n in np.ndindex(kh, kw)]
    W_matrix = W.reshape(filters, -1)
    chunk = max(1, 2**20 // (W_matrix.shape[1] * height * width * x.itemsize))
    chunks = [slice(start, min(start + chunk, batch)) for start in range(0, batch, chunk)]

    def as_columns(images):
        flat = images.reshape(channels, -1)
        starts = flat.shape[1] - distances[-1]
        return np.stack([flat[:, d : d + starts] for d in distances], axis=1).reshape(W_matrix.shape[1], starts)

    z = np.empty((batch, filters, rows, columns), x.dtype)
    for some in chunks:
        matrix = as_columns(padded[:, some])
        product = np.empty((filters, matrix.shape[1] + distances[-1]), x.dtype)
        np.matmul(W_matrix, matrix, out=product[:, : matrix.shape[1]])
        z[some] = product.reshape(filters, -1, height, width)[:, :, :rows, :columns].transpose(1, 0, 2, 3)
    z += b[:, None, None]

    def backward(delta):
        dW_matrix = np.zeros_like(W_matrix)
        dpadded = np.empty_like(padded)
        for some in chunks:
            framed = np.zeros((filters, some.stop - some.start, height, width), x.dtype)
            framed[:, :, :rows, :columns] = delta[some].transpose(1, 0, 2, 3)
            matrix = as_columns(padded[:, some])
            starts = matrix.shape[1]
            delta_matrix = framed.reshape(filters, -1)[:, :starts]
            dW_matrix += delta_matrix @ matrix.T
            dmatrix = (W_matrix.T @ delta_matrix).reshape(channels, len(distances), starts)
            flat = np.zeros((channels, starts + distances[-1]), x.dtype)
            for k, d in enumerate(distances):
                flat[:, d : d + starts] += dmatrix[:, k]
            dpadded[:, some] = flat.reshape(channels, -1, height, width)
        inside = np.s_[:, :, padding : height - padding, padding : width - padding]
        return dpadded[inside].transpose(1, 0, 2, 3).copy(), dW_matrix.reshape(W.shape), delta.sum(axis=(0, 2, 3))

    return z, backward


@operation
def im2col_max_pool2d(x, *, window=2):
    """One window a row, its maximum by `argmax`: the pooling of the from-scratch books."""
    batch, channels, height, width = x.shape
    rows, columns = height // window, width // window
    pixels = window_pixels((window, window), (window, window), (rows, columns))
    windows = np.stack([x[:, :, r, c] for r, c in pixels], axis=-1)  # (batch, channels, rows, columns, pixels)
    matrix = windows.reshape(-1, len(pixels))
    winner = matrix.argmax(axis=1)
    y = matrix.max(axis=1).reshape(batch, channels, rows, columns)

    def backward(dy):
        dmatrix = np.zeros_like(matrix)
        dmatrix[np.arange(len(winner)), winner] = dy.ravel()
        dwindows = dmatrix.reshape(windows.shape)
        dx = np.zeros_like(x)
        for k, (r, c) in enumerate(pixels):
            dx[:, :, r, c] += dwindows[..., k]
        return dx

    return y, backward
