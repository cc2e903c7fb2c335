"""Layers on graphs: every node hears its neighbours, and all nodes share the same weights.

An adjacency has a row for each node that hears and a column for each that is heard: ``adjacency[i, j]`` is the weight
of the message from node j to node i, and 0 where there is none.
"""

import numpy as np

from dlnotes.activations import leaky_relu, softmax
from dlnotes.operation import as_floats, operation, require_flag, require_shape, unchecked


def normalized_adjacency(A, *, self_loops=True):
    r"""Weigh the edges of a graph for a graph convolution: each by the degrees of both its ends [1]_.

    :math:`\hat A = \tilde D^{-1/2} \tilde A \tilde D^{-1/2}` with :math:`\tilde A = A + I`, where the diagonal of
    :math:`\tilde D` holds the degrees, the sums of the rows of :math:`\tilde A`. It is symmetric, and none of its
    eigenvalues is larger than 1; its rows do not add up to 1. Introduced in the chapter "Graph neural networks".

    Parameters
    ----------
    A : array_like of shape (nodes, nodes)
        Weights of the edges, 0 where there is none. Symmetric: edges have no direction.
    self_loops : bool, default True
        Whether every node hears itself, too. Without it :math:`\tilde A = A`.

    Returns
    -------
    ndarray of shape (nodes, nodes)
        Row i holds how much of each node reaches node i. A node without neighbours hears itself alone, with weight 1;
        without self-loops it hears nothing, and its row is 0.

    Raises
    ------
    ValueError
        If `A` is no square matrix, not symmetric, or holds negative or infinite numbers.
    TypeError
        If `A` does not hold real numbers, or `self_loops` is neither True nor False.

    References
    ----------
    .. [1] T. N. Kipf and M. Welling, "Semi-supervised classification with graph convolutional networks", ICLR 2017,
       arXiv:1609.02907.

    Examples
    --------
    >>> normalized_adjacency([[0, 1], [1, 0]])
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    A = as_adjacency("A", A)
    require_flag("self_loops", self_loops)
    if not np.array_equal(A, A.T):
        raise ValueError("A must be symmetric, A[i, j] equal to A[j, i], since its edges have no direction")
    A_tilde = A + np.eye(len(A), dtype=A.dtype) if self_loops else A
    scale = np.sqrt(inverse(A_tilde.sum(axis=1)))
    return scale[:, None] * A_tilde * scale


def as_adjacency(name, A):
    """Return the weights of a graph's edges as a square matrix; refuse others."""
    A = as_floats(name, A)
    if A.ndim != 2 or A.shape[0] != A.shape[1] or not A.size:
        raise ValueError(f"{name} must have shape (nodes, nodes), with at least one node, got {A.shape}")
    if not np.all((A >= 0) & np.isfinite(A)):
        raise ValueError(
            f"{name} must hold the weights of edges, finite and at least 0, got {A.min():g} to {A.max():g}"
        )
    return A


def inverse(degrees):
    """Return 1 / degree for each node, and 0 for one that hears nobody."""
    return np.divide(1, degrees, out=np.zeros_like(degrees), where=degrees > 0)


def fitting(adjacency, x):
    """Return an adjacency in the dtype of the features `x` if it has a row and a column for each of their nodes."""
    adjacency = as_adjacency("adjacency", adjacency)
    if x.ndim != 2:
        raise ValueError(f"x must have shape (nodes, features), got {x.shape}")
    require_shape("adjacency", adjacency, "nodes, nodes", (len(x), len(x)))
    return adjacency.astype(x.dtype, copy=False)


@operation
def sum_aggregation(x, *, adjacency):
    r"""Add up what each node hears: :math:`m_i = \sum_j A_{ij} x_j`.

    Introduced in the chapter "Graph neural networks".

    Parameters
    ----------
    x : ndarray of shape (nodes, features)
        One row for each node.
    adjacency : array_like of shape (nodes, nodes)
        Weights of the edges; row i says whom node i hears.

    Returns
    -------
    m : ndarray of shape (nodes, features)
        The sums; 0 for a node that hears nobody.
    backward : callable
        Maps ``dm`` to ``dx``.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a weight is negative or infinite.

    Examples
    --------
    >>> m, backward = sum_aggregation([[2.0], [6.0], [4.0]], adjacency=[[0, 1, 1], [1, 0, 0], [1, 0, 0]])
    >>> m
    array([[10.],
           [ 2.],
           [ 2.]])
    """
    A = fitting(adjacency, x)
    return A @ x, lambda dm: A.T @ dm


@operation
def mean_aggregation(x, *, adjacency):
    r"""Take the mean of what each node hears: :math:`m_i = \sum_j A_{ij} x_j / d_i`, :math:`d_i = \sum_j A_{ij}`.

    Introduced in the chapter "Graph neural networks".

    Parameters
    ----------
    x : ndarray of shape (nodes, features)
        One row for each node.
    adjacency : array_like of shape (nodes, nodes)
        Weights of the edges; row i says whom node i hears.

    Returns
    -------
    m : ndarray of shape (nodes, features)
        The means; 0 for a node that hears nobody.
    backward : callable
        Maps ``dm`` to ``dx``.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a weight is negative or infinite.

    Examples
    --------
    >>> m, backward = mean_aggregation([[2.0], [6.0], [4.0]], adjacency=[[0, 1, 1], [1, 0, 0], [1, 0, 0]])
    >>> m
    array([[5.],
           [2.],
           [2.]])
    """
    A = fitting(adjacency, x)
    P = inverse(A.sum(axis=1))[:, None] * A
    return P @ x, lambda dm: P.T @ dm


@operation
def max_aggregation(x, *, adjacency):
    r"""Keep the largest of what each node hears, feature by feature: :math:`m_i = \max_j x_j` over its neighbours.

    Where several are largest, the first one counts as the maximum, and the whole gradient goes to it. Introduced in
    the chapter "Graph neural networks".

    Parameters
    ----------
    x : ndarray of shape (nodes, features)
        One row for each node.
    adjacency : array_like of shape (nodes, nodes)
        Whom node i hears: where row i is not 0. How large a weight is does not matter.

    Returns
    -------
    m : ndarray of shape (nodes, features)
        The maxima; 0 for a node that hears nobody.
    backward : callable
        Maps ``dm`` to ``dx``.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a weight is negative or infinite.

    Examples
    --------
    >>> m, backward = max_aggregation([[2.0], [6.0], [4.0]], adjacency=[[0, 1, 1], [1, 0, 0], [1, 0, 0]])
    >>> m
    array([[6.],
           [2.],
           [2.]])
    """
    heard = fitting(adjacency, x) > 0
    messages = np.where(heard[:, :, None], x, -np.inf)  # (who hears, who is heard, features)
    winner = messages.argmax(axis=1)  # of equals, argmax takes the first
    anything = heard.any(axis=1)[:, None]
    m = np.where(anything, messages.max(axis=1), 0)

    def backward(dm):
        dx = np.zeros_like(x)
        np.add.at(dx, (winner, np.arange(x.shape[1])), np.where(anything, dm, 0))
        return dx

    return m, backward


@operation
def graph_convolution(x, W, b, *, adjacency):
    r"""Let every node hear its neighbours, and change the width: one layer of a graph convolutional network [1]_.

    :math:`Z = \hat A X W^\top + b`, where :math:`\hat A` is what `normalized_adjacency` gives; for one node,
    :math:`z_i = W \sum_j \hat A_{ij} x_j + b`. Introduced in the chapter "Graph neural networks".

    Parameters
    ----------
    x : ndarray of shape (nodes, inputs)
        One row for each node.
    W : ndarray of shape (outputs, inputs)
        Weights, the same for all nodes.
    b : ndarray of shape (outputs,)
        Biases, the same for all nodes.
    adjacency : array_like of shape (nodes, nodes)
        Weights of the messages; row i says whom node i hears.

    Returns
    -------
    z : ndarray of shape (nodes, outputs)
        Pre-activations.
    backward : callable
        Maps ``delta``, the gradient of the loss with respect to `z`, to ``(dx, dW, db)``.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a weight of a message is negative or infinite.

    References
    ----------
    .. [1] T. N. Kipf and M. Welling, "Semi-supervised classification with graph convolutional networks", ICLR 2017,
       arXiv:1609.02907.

    Examples
    --------
    >>> A_hat = normalized_adjacency([[0, 1], [1, 0]])
    >>> z, backward = graph_convolution([[1.0], [3.0]], [[10.0]], [0.5], adjacency=A_hat)
    >>> z
    array([[20.5],
           [20.5]])
    >>> dx, dW, db = backward([[1.0], [0.0]])
    >>> dx, dW, db
    (array([[5.],
           [5.]]), array([[2.]]), array([1.]))
    """
    A_hat = fitting(adjacency, x)
    require_weights("W", W, "b", b, x)
    m = A_hat @ x
    z = m @ W.T + b

    def backward(delta):
        return A_hat.T @ delta @ W, delta.T @ m, delta.sum(axis=0)

    return z, backward


def require_weights(W_name, W, b_name, b, x):
    """Refuse weights and biases that do not fit each other or the features."""
    require_shape(b_name, b, "outputs,", (b.size,))
    require_shape(W_name, W, "outputs, inputs", (b.size, x.shape[1]))


@operation
def sage_convolution(x, W_self, W_neighbours, b, *, adjacency):
    r"""Read each node with one matrix and the mean of its neighbours with another: a layer of GraphSAGE [1]_.

    :math:`z_i = W x_i + W' m_i + b`, where :math:`m_i` is the mean of what node i hears. Introduced in the chapter
    "Graph neural networks".

    Parameters
    ----------
    x : ndarray of shape (nodes, inputs)
        One row for each node.
    W_self, W_neighbours : ndarray of shape (outputs, inputs)
        What reads the node itself, and what reads the mean.
    b : ndarray of shape (outputs,)
        Biases.
    adjacency : array_like of shape (nodes, nodes)
        Weights of the edges; row i says whom node i hears. Without self-loops: for itself it has a matrix of its own.

    Returns
    -------
    z : ndarray of shape (nodes, outputs)
        Pre-activations; a node that hears nobody has the mean 0.
    backward : callable
        Maps ``delta``, the gradient of the loss with respect to `z`, to ``(dx, dW_self, dW_neighbours, db)``.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a weight of an edge is negative or infinite.

    References
    ----------
    .. [1] W. L. Hamilton, R. Ying and J. Leskovec, "Inductive representation learning on large graphs", NeurIPS 2017,
       arXiv:1706.02216.

    Examples
    --------
    >>> x, A = np.array([[1.0], [3.0], [5.0]]), [[0, 1, 1], [1, 0, 0], [1, 0, 0]]
    >>> z, backward = sage_convolution(x, [[10.0]], [[1.0]], [0.0], adjacency=A)
    >>> z
    array([[14.],
           [31.],
           [51.]])
    """
    m, mean_backward = mean_aggregation(x, adjacency=adjacency)
    require_weights("W_self", W_self, "b", b, x)
    require_weights("W_neighbours", W_neighbours, "b", b, x)
    z = x @ W_self.T + m @ W_neighbours.T + b

    def backward(delta):
        return delta @ W_self + mean_backward(delta @ W_neighbours), delta.T @ x, delta.T @ m, delta.sum(axis=0)

    return z, backward


@operation
def attention_convolution(x, W, b, u, v, *, adjacency):
    r"""Let every node choose whom it listens to: a layer of a graph attention network, with one head [1]_.

    With :math:`h_i = W x_i`, node i gives its neighbour j the score :math:`e_{ij} = f(u^\top h_i + v^\top h_j)`, where
    f is the leaky ReLU of slope 0.2. A softmax over its neighbours makes weights :math:`\alpha_{ij}` of the scores, and
    :math:`z_i = \sum_j \alpha_{ij} h_j + b`. Introduced in the chapter "Graph neural networks".

    Parameters
    ----------
    x : ndarray of shape (nodes, inputs)
        One row for each node.
    W : ndarray of shape (outputs, inputs)
        Weights, the same for all nodes.
    b, u, v : ndarray of shape (outputs,)
        Biases, and what scores the node that hears and the node that is heard.
    adjacency : array_like of shape (nodes, nodes)
        Whom node i may hear: where row i is not 0. Every node needs one at least, so add self-loops, ``A + np.eye(n)``.

    Returns
    -------
    z : ndarray of shape (nodes, outputs)
        Pre-activations.
    backward : callable
        Maps ``delta``, the gradient of the loss with respect to `z`, to ``(dx, dW, db, du, dv)``.

    Raises
    ------
    ValueError
        If the shapes do not fit, a weight of an edge is negative or infinite, or a node hears nobody.

    References
    ----------
    .. [1] P. Veličković, G. Cucurull, A. Casanova, A. Romero, P. Liò and Y. Bengio, "Graph attention networks", ICLR
       2018, arXiv:1710.10903.

    Examples
    --------
    >>> x = np.array([[0.0], [np.log(3)]])
    >>> z, backward = attention_convolution(x, [[1.0]], [0.0], [0.0], [1.0], adjacency=np.ones((2, 2)))
    >>> (z / np.log(3)).round(4)
    array([[0.75],
           [0.75]])
    """
    heard = fitting(adjacency, x) > 0
    require_weights("W", W, "b", b, x)
    require_shape("u", u, "outputs,", b.shape)
    require_shape("v", v, "outputs,", b.shape)
    if not heard.any(axis=1).all():
        alone = int(np.flatnonzero(~heard.any(axis=1))[0])
        raise ValueError(f"every node must hear at least one, itself for example, but row {alone} of adjacency is 0")
    h = x @ W.T
    e, score_backward = unchecked(leaky_relu)((h @ u)[:, None] + h @ v, slope=0.2)
    alpha, softmax_backward = unchecked(softmax)(np.where(heard, e, -np.inf))
    z = alpha @ h + b

    def backward(delta):
        de = score_backward(softmax_backward(delta @ h.T))
        hears, is_heard = de.sum(axis=1), de.sum(axis=0)
        dh = alpha.T @ delta + np.outer(hears, u) + np.outer(is_heard, v)
        return dh @ W, dh.T @ x, delta.sum(axis=0), hears @ h, is_heard @ h

    return z, backward
