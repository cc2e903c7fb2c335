"""Another way to write an LSTM with NumPy, to be timed beside `dlnotes.lstm.lstm`; it computes the same."""

import numpy as np

from dlnotes.operation import operation


@operation
def fused_gates(x, W_f, W_i, W_g, W_o, b_f, b_i, b_g, b_o):
    """All gates in one matrix, what they read of the input for all steps at once, gradients of weights after the loop.

    Time is the first axis, so that a step lies in one piece of memory, and results are written into arrays made before.
    """
    batch, time, features = x.shape
    units = len(b_f)
    W = np.concatenate([W_f, W_i, W_o, W_g])  # the three sigmoids side by side
    W_h, W_x = np.ascontiguousarray(W[:, :units].T), W[:, units:]
    x_rows = x.transpose(1, 0, 2).reshape(time * batch, features)
    z = (x_rows @ W_x.T + np.concatenate([b_f, b_i, b_o, b_g])).reshape(time, batch, 4 * units)
    h, c, tanh_c = (np.zeros((time + 1, batch, units), z.dtype) for _ in range(3))
    f, i, o, g = (z[:, :, k * units : (k + 1) * units] for k in range(4))  # z becomes the gates in place
    for t in range(time):
        z[t] += h[t] @ W_h
        sigmoids = z[t, :, : 3 * units]
        np.tanh(sigmoids / 2, out=sigmoids)
        sigmoids += 1
        sigmoids /= 2
        np.tanh(g[t], out=g[t])
        c[t + 1] = f[t] * c[t] + i[t] * g[t]
        np.tanh(c[t + 1], out=tanh_c[t + 1])
        np.multiply(o[t], tanh_c[t + 1], out=h[t + 1])

    def backward(dy):
        deltas = np.empty_like(z)
        dh, dc = np.zeros((batch, units), z.dtype), np.zeros((batch, units), z.dtype)
        for t in reversed(range(time)):
            dh = dh + dy[:, t]
            dc = dc + dh * o[t] * (1 - tanh_c[t + 1] ** 2)
            gates = z[t, :, : 3 * units]
            delta = deltas[t]
            delta[:, :units] = dc * c[t]
            delta[:, units : 2 * units] = dc * g[t]
            delta[:, 2 * units : 3 * units] = dh * tanh_c[t + 1]
            delta[:, : 3 * units] *= gates * (1 - gates)
            delta[:, 3 * units :] = dc * i[t] * (1 - g[t] ** 2)
            dc = dc * f[t]
            dh = delta @ W_h.T
        rows = deltas.reshape(time * batch, 4 * units)
        dW = np.concatenate([rows.T @ h[:-1].reshape(time * batch, units), rows.T @ x_rows], axis=1)
        dx = (rows @ W_x).reshape(time, batch, features).transpose(1, 0, 2)
        dW_f, dW_i, dW_o, dW_g = dW.reshape(4, units, -1)
        db_f, db_i, db_o, db_g = rows.sum(axis=0).reshape(4, units)
        return dx, dW_f, dW_i, dW_g, dW_o, db_f, db_i, db_g, db_o

    return h[1:].transpose(1, 0, 2), backward
