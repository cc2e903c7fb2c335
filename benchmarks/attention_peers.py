"""Another way to write attention with NumPy, to be timed beside `dlnotes.attention.attention`; it computes the same."""

import numpy as np

from dlnotes.operation import operation


@operation
def by_einsum(Q, K, V, *, mask=None):
    """The sums of the formula, index by index, as they are often written."""
    scale = Q.dtype.type(K.shape[-1] ** -0.5)
    E = scale * np.einsum("bhqd,bhkd->bhqk", Q, K)
    if mask is not None:
        E = np.where(mask, E, -np.inf)
    e = np.exp(E - E.max(axis=-1, keepdims=True))
    A = e / e.sum(axis=-1, keepdims=True)

    def backward(dC):
        dA = np.einsum("bhqd,bhkd->bhqk", dC, V)
        dE = A * (dA - np.einsum("bhqk,bhqk->bhq", A, dA)[..., None])
        dQ, dK = np.einsum("bhqk,bhkd->bhqd", dE, K), np.einsum("bhqk,bhqd->bhkd", dE, Q)
        return scale * dQ, scale * dK, np.einsum("bhqk,bhqd->bhkd", A, dC)

    return np.einsum("bhqk,bhkd->bhqd", A, V), backward
