"""Attention: three words by hand, masks before the softmax, d_k and not another width, heads one by one, messages."""

import numpy as np
import pytest

from dlnotes.attention import attention, attention_weights, causal_mask, multi_head_attention
from dlnotes.gradient_check import check_gradients
from dlnotes.layers import Layer


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def scores_as(scores):
    """A query and keys of width 1 whose scores are these."""
    return np.ones((1, 1)), np.array(scores, dtype=float)[:, None]


# The weights


def test_the_weights_of_a_query_are_the_softmax_of_its_scores():
    A, _ = attention_weights(*scores_as([1, 2, 3]))
    np.testing.assert_allclose(A, [[0.09003057, 0.24472847, 0.66524096]], rtol=1e-6)


def test_a_mask_acts_before_the_softmax():
    """After it, the weights would be .0900 and .2447, whose sum is only .3348."""
    A, _ = attention_weights(*scores_as([1, 2, 3]), mask=np.array([[True, True, False]]))
    np.testing.assert_allclose(A, [[0.26894142, 0.73105858, 0]], rtol=1e-6)
    assert A[0, 2] == 0


def test_rows_are_queries_and_columns_keys():
    Q, K = normal(3, 4), normal(3, 4, seed=1)
    A, _ = attention_weights(Q, K)
    np.testing.assert_allclose(A.sum(axis=1), 1, rtol=1e-14)
    for row, query in zip(A, Q, strict=True):
        np.testing.assert_allclose(row, softmax(np.array([query @ key for key in K]) / 2), rtol=1e-12)
    assert np.abs(A - A.T).max() > 0.1
    assert np.abs(A.sum(axis=0) - 1).max() > 0.1


def test_scores_are_divided_by_the_root_of_the_width_of_a_key():
    Q, K = normal(1000, 64), normal(1000, 64, seed=1)
    A, _ = attention_weights(Q, K)
    scores = np.log(A)
    scores = scores - scores.mean(axis=1, keepdims=True)  # what the softmax does not see
    assert scores.var() == pytest.approx(1.0, abs=0.05)  # with the root of 512 it would be 0.125


def test_heads_divide_by_the_root_of_their_own_width():
    """Width 4 shared by two heads: their keys have 2 numbers, and scores are divided by the root of 2."""
    x, identity = np.array([[[2.0, 0, 0, 0], [0, 2.0, 0, 0]]]), np.eye(4)
    y, _ = multi_head_attention(x, identity, identity, identity, identity, heads=2)
    weight = 1 / (1 + np.exp(-4 / np.sqrt(2)))
    np.testing.assert_allclose(y[0, 0], [2 * weight, 2 - 2 * weight, 0, 0], rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_far_apart_give_no_nan(dtype):
    Q, K = np.array([[1000.0]], dtype), np.array([[1], [-1], [0], [0.999]], dtype)
    V = normal(4, 2).astype(dtype)
    A, _ = attention_weights(Q, K, mask=np.array([[True, True, True, False]]))
    np.testing.assert_array_equal(A, [[1, 0, 0, 0]])
    y, backward = attention(Q, -K, V)
    np.testing.assert_array_equal(y, V[1:2])
    for gradient in backward(np.ones_like(y)):
        assert np.isfinite(gradient).all()


def test_equal_scores_are_shared_equally_however_large():
    for score in (-1000, 0, 1000):
        A, _ = attention_weights(*scores_as([score] * 4))
        np.testing.assert_array_equal(A, np.full((1, 4), 0.25))


# Masks


def test_what_is_masked_has_no_weight_and_gets_no_gradient():
    Q, K, V = normal(2, 3), normal(4, 3, seed=1), normal(4, 2, seed=2)
    mask = np.array([[True, False, True, False], [True, True, True, False]])
    y, backward = attention(Q, K, V, mask=mask)
    _, dK, dV = backward(np.ones_like(y))
    np.testing.assert_array_equal(dK[3], np.zeros(3))
    np.testing.assert_array_equal(dV[3], np.zeros(2))
    assert np.abs(dK[:3]).min() > 0
    assert np.abs(dV[:3]).min() > 0
    changed = V.copy()
    changed[3] = 1e6
    np.testing.assert_array_equal(attention(Q, K, changed, mask=mask)[0], y)
    changed[1] = 1e6  # the second query looks at it, the first does not
    np.testing.assert_array_equal(attention(Q, K, changed, mask=mask)[0][0], y[0])
    assert attention(Q, K, changed, mask=mask)[0][1].max() > 1e4


def test_masked_keys_are_as_good_as_left_out():
    Q, K, V = normal(2, 3), normal(5, 3, seed=1), normal(5, 2, seed=2)
    kept = np.array([True, False, True, True, False])
    y, _ = attention(Q, K, V, mask=kept)
    np.testing.assert_allclose(y, attention(Q, K[kept], V[kept])[0], rtol=1e-14)


def test_a_mask_of_keys_is_stretched_to_all_queries():
    """Padding: sequences of 2 and of 4 steps, the mask of shape (batch, 1, keys)."""
    Q, K = normal(2, 3, 5), normal(2, 4, 5, seed=1)
    A, _ = attention_weights(Q, K, mask=(np.arange(4) < np.array([[2], [4]]))[:, None])
    np.testing.assert_array_equal(A[0, :, 2:], np.zeros((3, 2)))
    assert A[0, :, :2].min() > 0
    assert A[1].min() > 0


def test_queries_masked_in_place_of_keys_are_refused():
    Q, K = normal(3, 2), normal(3, 2, seed=1)
    padded = np.array([True, True, False])
    A, _ = attention_weights(Q, K, mask=padded)
    np.testing.assert_array_equal(A[:, 2], np.zeros(3))
    with pytest.raises(ValueError, match=r"every query look at one key at least.*; query 2 may look at none"):
        attention_weights(Q, K, mask=padded[:, None])


def test_who_may_look_nowhere_is_named():
    mask = np.ones((2, 3, 4), dtype=bool)
    mask[1, 2] = False
    for call in (
        lambda: attention_weights(normal(2, 3, 5), normal(2, 4, 5), mask=mask),
        lambda: attention(normal(2, 3, 5), normal(2, 4, 5), normal(2, 4, 1), mask=mask),
        lambda: multi_head_attention(normal(2, 3, 5), *normal(4, 5, 5), normal(2, 4, 5), heads=5, mask=mask),
    ):
        with pytest.raises(ValueError, match=r"one key at least.*query 1, 2 may look at none"):
            call()


@pytest.mark.parametrize("mask", [np.ones((3, 4)), np.ones((3, 4), dtype=int), [[1] * 4] * 3, "yes", 1, [None]])
def test_a_mask_holds_booleans(mask):
    with pytest.raises(TypeError, match="mask must hold booleans, True where a query may look, got an array of dtype"):
        attention_weights(normal(3, 2), normal(4, 2), mask=mask)


@pytest.mark.parametrize("shape", [(4, 3), (3,), (2, 3, 4), (2, 1)])
def test_a_mask_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"mask must fit the scores \(..., queries, keys\), here \(3, 4\), got \("):
        attention_weights(normal(3, 2), normal(4, 2), mask=np.ones(shape, dtype=bool))


def test_the_causal_mask_hides_what_is_to_come():
    mask = causal_mask(4)
    assert mask.dtype == bool
    for t in range(4):
        np.testing.assert_array_equal(mask[t], np.arange(4) <= t)
    x, W = normal(1, 4, 2), normal(4, 2, 2, seed=1)
    y, _ = multi_head_attention(x, *W, heads=1, mask=mask)
    later = x.copy()
    later[0, 2:] += 1
    changed, _ = multi_head_attention(later, *W, heads=1, mask=mask)
    np.testing.assert_allclose(changed[0, :2], y[0, :2], rtol=1e-14)
    assert np.abs(changed[0, 2:] - y[0, 2:]).min() > 1e-6


@pytest.mark.parametrize(("time", "error"), [(0, ValueError), (-1, ValueError), (2.0, TypeError), (True, TypeError)])
def test_a_causal_mask_has_a_length(time, error):
    with pytest.raises(error, match="time must be an integer of at least 1"):
        causal_mask(time)


# The weighted sum


def test_attention_is_a_weighted_mean_of_values():
    Q, K, V = normal(3, 2), normal(4, 2, seed=1), normal(4, 5, seed=2)
    y, _ = attention(Q, K, V)
    A, _ = attention_weights(Q, K)
    for row, weights in zip(y, A, strict=True):
        np.testing.assert_allclose(row, sum(w * v for w, v in zip(weights, V, strict=True)), rtol=1e-12)
    assert (y >= V.min(axis=0)).all()
    assert (y <= V.max(axis=0)).all()


def test_a_leading_axis_is_a_loop():
    Q, K, V = normal(2, 3, 4, 5), normal(2, 3, 6, 5, seed=1), normal(2, 3, 6, 7, seed=2)
    mask = np.random.default_rng(3).random((2, 3, 4, 6)) < 0.7
    y, backward = attention(Q, K, V, mask=mask)
    gradients = backward(dy := normal(*y.shape, seed=4))
    for i in np.ndindex(2, 3):
        one, one_backward = attention(Q[i], K[i], V[i], mask=mask[i])
        np.testing.assert_allclose(y[i], one, rtol=1e-12)
        for gradient, right in zip(gradients, one_backward(dy[i]), strict=True):
            np.testing.assert_allclose(gradient[i], right, rtol=1e-10, atol=1e-14)


def test_the_formulas_of_the_gradients():
    Q, K, V = normal(3, 4), normal(5, 4, seed=1), normal(5, 2, seed=2)
    y, backward = attention(Q, K, V)
    dy = normal(*y.shape, seed=3)
    dQ, dK, dV = backward(dy)
    A = softmax(Q @ K.T / 2)
    dA = dy @ V.T
    dS = np.array([(np.diag(a) - np.outer(a, a)) @ da for a, da in zip(A, dA, strict=True)])  # the softmax's Jacobian
    np.testing.assert_allclose(dV, A.T @ dy, rtol=1e-12)
    np.testing.assert_allclose(dQ, dS @ K / 2, rtol=1e-10)
    np.testing.assert_allclose(dK, dS.T @ Q / 2, rtol=1e-10)
    np.testing.assert_allclose(dS.sum(axis=1), 0, atol=1e-14)  # all scores of a query up by one: nothing changes


def test_a_value_that_agrees_with_the_mean_sends_no_gradient_to_its_score():
    """The gradient of a score is the weight times how much its value is better than the mean of all."""
    Q, K, V = normal(1, 3), normal(4, 3, seed=1), np.full((4, 2), 1.5)
    y, backward = attention(Q, K, V)
    dQ, dK, _ = backward(np.ones_like(y))
    np.testing.assert_allclose(dQ, 0, atol=1e-15)
    np.testing.assert_allclose(dK, 0, atol=1e-15)


def test_the_order_of_keys_does_not_matter_and_that_of_queries_is_kept():
    Q, K, V = normal(3, 4), normal(5, 4, seed=1), normal(5, 2, seed=2)
    y, _ = attention(Q, K, V)
    keys, queries = np.array([4, 2, 0, 1, 3]), np.array([2, 0, 1])
    np.testing.assert_allclose(attention(Q, K[keys], V[keys])[0], y, rtol=1e-12)
    np.testing.assert_allclose(attention(Q[queries], K, V)[0], y[queries], rtol=1e-12)


# Heads


def head_by_head(x, W_Q, W_K, W_V, W_O, memory, heads, mask=None):
    """The definition, with a loop over heads: rows of the matrices in order."""
    ys = [
        attention(x @ Q.T, memory @ K.T, memory @ V.T, mask=mask)[0]
        for Q, K, V in zip(*(np.split(W, heads) for W in (W_Q, W_K, W_V)), strict=True)
    ]
    return np.concatenate(ys, axis=-1) @ W_O.T


@pytest.mark.parametrize("heads", [1, 2, 3, 6])
def test_many_heads_are_a_loop_over_heads(heads):
    x, W = normal(2, 5, 6), normal(4, 6, 6, seed=1)
    y, _ = multi_head_attention(x, *W, heads=heads, mask=causal_mask(5))
    right = head_by_head(x, *W, x, heads, causal_mask(5))
    np.testing.assert_allclose(y, right, rtol=1e-10, atol=1e-12)
    if heads > 1:  # a reshape without the transpose deals out times, not features

        def dealt_wrongly(W):
            return (x @ W.T).reshape(2, heads, 5, 6 // heads)

        mixed, _ = attention(*map(dealt_wrongly, W[:3]), mask=causal_mask(5))
        assert np.abs(mixed.reshape(2, 5, 6) @ W[3].T - right).max() > 0.1


def test_a_memory_is_looked_at_and_every_width_may_differ():
    x, memory = normal(2, 3, 4), normal(2, 5, 7, seed=1)
    W_Q, W_K, W_V, W_O = normal(6, 4, seed=2), normal(6, 7, seed=3), normal(2, 7, seed=4), normal(8, 2, seed=5)
    mask = np.random.default_rng(6).random((2, 3, 5)) < 0.8
    y, backward = multi_head_attention(x, W_Q, W_K, W_V, W_O, memory, heads=2, mask=mask)
    assert y.shape == (2, 3, 8)
    np.testing.assert_allclose(y, head_by_head(x, W_Q, W_K, W_V, W_O, memory, 2, mask), rtol=1e-10, atol=1e-12)
    *_, dmemory = backward(np.ones_like(y))
    assert dmemory.shape == memory.shape


def test_self_attention_is_attention_to_itself_and_its_gradient_has_both_parts():
    x, W = normal(2, 3, 4), normal(4, 4, 4, seed=1) / 2
    y, backward = multi_head_attention(x, *W, heads=2)
    same, memory_backward = multi_head_attention(x, *W, x, heads=2)
    np.testing.assert_array_equal(y, same)
    dy = normal(*y.shape, seed=2)
    dx, *dW = backward(dy)
    dqueries, *dW_memory, dmemory = memory_backward(dy)
    np.testing.assert_allclose(dx, dqueries + dmemory, rtol=1e-12)
    assert len(dW) == len(dW_memory) == 4


def test_a_layer_of_attention_gets_its_memory_by_name(rng):
    layer = Layer(multi_head_attention, *normal(4, 4, 4) / 2, heads=2)
    x, memory = normal(2, 3, 4), normal(2, 5, 4, seed=1)
    y, backward = layer(x, memory=memory)
    assert len(backward(np.ones_like(y))) == 6
    assert len(layer(x)[1](np.ones((2, 3, 4)))) == 5
    assert check_gradients(lambda x, memory: first_and_last(layer(x, memory=memory)), x, memory, rng=rng) < 1e-6


def first_and_last(value_and_backward):
    """The gradients of what a layer was called with, without those of its parameters."""
    y, backward = value_and_backward

    def inputs_only(dy):
        dx, *_, dmemory = backward(dy)
        return dx, dmemory

    return y, inputs_only


def test_without_positions_self_attention_does_not_know_the_order():
    x, W = normal(1, 5, 4), normal(4, 4, 4, seed=1)
    order = np.array([3, 0, 4, 1, 2])
    y, _ = multi_head_attention(x, *W, heads=2)
    np.testing.assert_allclose(multi_head_attention(x[:, order], *W, heads=2)[0], y[:, order], rtol=1e-10, atol=1e-12)


# Messages


@pytest.mark.parametrize(
    ("Q", "K"),
    [((3,), (3,)), ((2, 3), (4, 2)), ((2, 3), (1, 4, 3)), ((2, 2, 3), (1, 4, 3)), ((2, 3), (0, 3)), ((2, 0), (4, 0)),
     ((), ()), ((2, 2, 3), (4, 3))],
)  # fmt: skip
def test_queries_and_keys_that_do_not_fit_are_refused(Q, K):
    says = r"expected Q of shape \(\.\.\., queries, d_k\) and K of shape \(\.\.\., keys, d_k\), with at least one key"
    for call in (lambda: attention_weights(np.ones(Q), np.ones(K)), lambda: attention(np.ones(Q), np.ones(K), [[1]])):
        with pytest.raises(ValueError, match=says) as error:
            call()
        assert f"got Q {Q} and K {K}" in str(error.value)


@pytest.mark.parametrize("V", [(3, 2), (4,), (1, 4, 2), ()])
def test_a_value_for_each_key(V):
    says = r"V must have shape \(..., keys, d_v\), one value for each key of K, whose shape is \(4, 3\), got \("
    with pytest.raises(ValueError, match=says):
        attention(np.ones((2, 3)), np.ones((4, 3)), np.ones(V))


FITTING = {"x": (2, 3, 4), "W_Q": (6, 4), "W_K": (6, 5), "W_V": (4, 5), "W_O": (3, 4), "memory": (2, 7, 5)}


@pytest.mark.parametrize(
    ("name", "shape", "says"),
    [
        ("x", (3, 4), r"x must have shape \(batch, time, features\), with at least one time step"),
        ("x", (2, 0, 4), "x must have shape"),
        ("memory", (7, 5), "memory must have shape"),
        ("memory", (1, 7, 5), "memory must have shape .* and the batch of x"),
        ("W_Q", (6, 5), r"W_Q must have shape \(width, features\), here \(..., 4\), got \(6, 5\)"),
        ("W_K", (6, 4), r"W_K must have shape \(width, features\), here \(..., 5\)"),
        ("W_K", (4, 5), r"W_Q and W_K must have the same width, got \(6, 4\) and \(4, 5\)"),
        ("W_V", (4,), "W_V must have shape"),
        ("W_V", (4, 4), "W_V must have shape"),
        ("W_O", (4, 3), r"W_O must have shape \(outputs, value width\), here \(..., 4\), one column for each row"),
        ("W_O", (4,), "W_O must have shape"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(name, shape, says):
    arrays = {key: np.ones(shape if key == name else fitting) for key, fitting in FITTING.items()}
    with pytest.raises(ValueError, match=says):
        multi_head_attention(**arrays, heads=2)


def test_heads_share_the_width_equally():
    arrays = {name: np.ones(shape) for name, shape in FITTING.items()}
    for heads, says in [(4, "heads must divide the width of W_Q, 6, got 4"), (3, "the width of W_V, 4, got 3")]:
        with pytest.raises(ValueError, match=says):
            multi_head_attention(**arrays, heads=heads)
    for heads, error in [(0, ValueError), (2.0, TypeError), (None, TypeError)]:
        with pytest.raises(error, match="heads must be an integer of at least 1"):
            multi_head_attention(**arrays, heads=heads)
    nothing = arrays | {"W_Q": np.ones((0, 4)), "W_K": np.ones((0, 5))}
    with pytest.raises(ValueError, match="heads must divide the width of W_Q, 0, got 2"):
        multi_head_attention(**nothing, heads=2)
