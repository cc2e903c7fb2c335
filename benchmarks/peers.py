"""Other ways to write some operations of `dlnotes` with NumPy, to be timed beside them.

All keep the contract of `dlnotes`, and all compute the same. They are written for the comparison, in the manner of
what is found in books and courses; the stride of the convolutions is 1.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dlnotes.operation import operation
from dlnotes.windows import im2col, pad, window_pixels


def sizes(x, W, padding):
    """Return batch, channels, filters, kernel height and width, output height and width."""
    (batch, channels, height, width), (filters, _, kernel_height, kernel_width) = x.shape, W.shape
    rows, columns = height + 2 * padding - kernel_height + 1, width + 2 * padding - kernel_width + 1
    return batch, channels, filters, kernel_height, kernel_width, rows, columns


@operation
def whole_batch(x, W, b, *, padding=0):
    """The equation as it stands, for the whole batch at once; the columns are kept for the way back."""
    batch, _, filters, *kernel, rows, columns = sizes(x, W, padding)
    padded, unpad = pad(x, padding=padding)
    W_rows = W.reshape(filters, -1)
    X_col, col2im = im2col(padded, window=kernel)
    z = W_rows @ X_col + b[:, None]

    def backward(delta):
        Delta = delta.reshape(z.shape)
        dW_rows = (X_col @ Delta.transpose(0, 2, 1)).sum(axis=0).T
        return unpad(col2im(W_rows.T @ Delta)), dW_rows.reshape(W.shape), delta.sum(axis=(0, 2, 3))

    return z.reshape(batch, filters, rows, columns), backward


@operation
def windows_as_rows(x, W, b, *, padding=0):
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
def strips(x, W, b, *, padding=0):
    """Half of the way to columns: images shifted sideways only, and one product for each row of the kernel.

    What a row of the kernel meets is a block of rows of the strips, so each pixel is copied k times and not k² times.
    """
    batch, channels, filters, kh, kw, rows, columns = sizes(x, W, padding)
    padded, unpad = pad(x, padding=padding)
    W_rows = W.transpose(2, 0, 1, 3).reshape(kh, filters, -1)  # (kh, filters, channels * kw)
    shifted = np.stack([padded[..., n : n + columns] for n in range(kw)], axis=2)
    few = max(1, 2**20 * batch // max(1, shifted.nbytes))
    chunks = [slice(start, start + few) for start in range(0, batch, few)]

    def met(some, m):
        return shifted[some, :, :, m : m + rows].reshape(-1, channels * kw, rows * columns)

    z = np.empty((batch, filters, rows * columns), x.dtype)
    for some in chunks:
        np.matmul(W_rows[0], met(some, 0), out=z[some])
        for m in range(1, kh):
            z[some] += W_rows[m] @ met(some, m)
        z[some] += b[:, None]

    def backward(delta):
        Delta = delta.reshape(z.shape)
        dW_rows, dpadded = np.zeros_like(W_rows), np.zeros_like(padded)
        for some in chunks:
            dshifted = np.zeros_like(shifted[some])
            for m in range(kh):
                dW_rows[m] += (Delta[some] @ met(some, m).transpose(0, 2, 1)).sum(axis=0)
                block = dshifted[:, :, :, m : m + rows]
                block += (W_rows[m].T @ Delta[some]).reshape(block.shape)
            for n in range(kw):
                dpadded[some, :, :, n : n + columns] += dshifted[:, :, n]
        dW = dW_rows.reshape(kh, filters, channels, kw).transpose(1, 2, 0, 3)
        return unpad(dpadded), dW, delta.sum(axis=(0, 2, 3))

    return z.reshape(batch, filters, rows, columns), backward


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
def windows_as_rows_max_pool2d(x, *, window=2):
    """One window a row, its maximum by `argmax`: the pooling of the from-scratch books."""
    batch, channels, height, width = x.shape
    rows, columns = height // window, width // window
    pixels = window_pixels(x, window, window)
    windows = np.stack([x[pixel] for pixel in pixels], axis=-1)  # (batch, channels, rows, columns, pixels)
    matrix = windows.reshape(-1, len(pixels))
    winner = matrix.argmax(axis=1)
    y = matrix.max(axis=1).reshape(batch, channels, rows, columns)

    def backward(dy):
        dmatrix = np.zeros_like(matrix)
        dmatrix[np.arange(len(winner)), winner] = dy.ravel()
        dwindows = dmatrix.reshape(windows.shape)
        dx = np.zeros_like(x)
        for k, pixel in enumerate(pixels):
            dx[pixel] += dwindows[..., k]
        return dx

    return y, backward


@operation
def bare_sigmoid(z):
    """The formula as it stands; far below 0 exp overflows, with a warning, and the value is right all the same."""
    a = 1 / (1 + np.exp(-z))

    def backward(da):
        return da * a * (1 - a)

    return a, backward
