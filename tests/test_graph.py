import numpy as np
import pytest

from dlnotes.activations import tanh
from dlnotes.convolution import conv2d
from dlnotes.datasets import karate_club
from dlnotes.dense import dense
from dlnotes.gradient_check import check_gradients
from dlnotes.graph import (
    attention_convolution,
    graph_convolution,
    max_aggregation,
    mean_aggregation,
    normalized_adjacency,
    sage_convolution,
    sum_aggregation,
)
from dlnotes.layers import Layer, Sequential

STAR = np.zeros((4, 4))
STAR[0, 1:] = STAR[1:, 0] = 1
WAYS = np.array([[0.0, 2.0, 1.0], [0.0, 1.0, 0.0], [3.0, 0.0, 0.0]])  # one-way, weighted
WEIGHTS = {
    sum_aggregation: (),
    mean_aggregation: (),
    max_aggregation: (),
    graph_convolution: ([[1.0, 2.0], [0.5, -1.0], [3.0, 1.0]], [0.1, 0.2, 0.3]),
    sage_convolution: ([[1.0, 2.0], [0.5, -1.0]], [[0.3, 1.0], [2.0, 0.0]], [0.1, 0.2]),
    attention_convolution: ([[1.0, 2.0], [0.5, -1.0]], [0.1, 0.2], [1.0, -0.5], [0.7, 0.2]),
}
every_layer = pytest.mark.parametrize(("layer", "weights"), WEIGHTS.items(), ids=[f.__name__ for f in WEIGHTS])


# The normalised adjacency


def test_the_star_of_four():
    """Degrees with the loops: 4 in the middle, 2 at the tips."""
    A_hat = normalized_adjacency(STAR)
    middle, arm, tip = 1 / 4, 1 / 8**0.5, 1 / 2
    np.testing.assert_allclose(A_hat[0], [middle, arm, arm, arm])
    np.testing.assert_allclose(A_hat[1], [arm, tip, 0, 0])
    np.testing.assert_allclose(A_hat, A_hat.T)
    assert np.linalg.eigvalsh(A_hat).max() == pytest.approx(1)
    np.testing.assert_allclose(A_hat.sum(axis=1), [1.3107, *3 * [0.8536]], atol=5e-5)  # no average


def test_degrees_count_the_loops():
    d = STAR.sum(axis=1)
    wrong = (STAR + np.eye(4)) / np.sqrt(np.outer(d, d))  # degrees of A in place of A + I
    assert np.linalg.eigvalsh(wrong).max() > 1.5  # grows from layer to layer
    assert np.abs(normalized_adjacency(STAR) - wrong).max() > 0.2


def test_both_sides_are_normalised():
    A_tilde = STAR + np.eye(4)
    one_sided = A_tilde / A_tilde.sum(axis=1)[:, None]
    np.testing.assert_allclose(one_sided.sum(axis=1), 1)
    assert np.abs(normalized_adjacency(STAR) - one_sided).max() > 0.1
    # Seen in units of the root of the degree they are the same: an average of x / sqrt(d), times sqrt(d).
    root = np.sqrt(A_tilde.sum(axis=1))
    np.testing.assert_allclose(normalized_adjacency(STAR), root[:, None] * one_sided / root)


@pytest.mark.parametrize("self_loops", [True, False])
def test_no_eigenvalue_is_larger_than_1(self_loops):
    A = karate_club().adjacency
    values, vectors = np.linalg.eigh(normalized_adjacency(A, self_loops=self_loops))
    assert values[-1] == pytest.approx(1)
    assert values[0] > -1
    degrees = A.sum(axis=1) + self_loops
    np.testing.assert_allclose(np.abs(vectors[:, -1]), np.sqrt(degrees / degrees.sum()))


def test_on_a_regular_graph_it_is_an_average():
    ring = np.roll(np.eye(5), 1, axis=0) + np.roll(np.eye(5), -1, axis=0)
    np.testing.assert_allclose(normalized_adjacency(ring), (ring + np.eye(5)) / 3)
    np.testing.assert_allclose(normalized_adjacency(ring, self_loops=False), ring / 2)


def test_weights_of_edges_count():
    np.testing.assert_allclose(normalized_adjacency([[0, 3], [3, 0]]), [[0.25, 0.75], [0.75, 0.25]])
    np.testing.assert_allclose(normalized_adjacency([[1, 0], [0, 0]]), np.eye(2))  # a loop that was there: 2 / 2


def test_a_node_without_neighbours_hears_itself_alone_or_nothing():
    alone = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(normalized_adjacency(alone)[2], [0, 0, 1])
    np.testing.assert_array_equal(normalized_adjacency(alone, self_loops=False)[2], 0)


def test_the_adjacency_is_new_and_keeps_its_dtype():
    A = STAR.astype(np.float32)
    for self_loops in (True, False):
        A_hat = normalized_adjacency(A, self_loops=self_loops)
        assert A_hat.dtype == np.float32
        assert not np.shares_memory(A_hat, A)
    np.testing.assert_array_equal(A, STAR)
    assert normalized_adjacency(STAR.astype(bool)).dtype == np.float64


@pytest.mark.parametrize(
    ("A", "says"),
    [
        (np.ones((2, 3)), r"^A must have shape \(nodes, nodes\), with at least one node, got \(2, 3\)$"),
        (np.ones(4), r"^A must have shape \(nodes, nodes\), with at least one node, got \(4,\)$"),
        (np.ones((0, 0)), r"^A must have shape \(nodes, nodes\), with at least one node, got \(0, 0\)$"),
        ([[0, -1], [-1, 0]], r"^A must hold the weights of edges, finite and at least 0, got -1 to 0$"),
        ([[0, np.inf], [np.inf, 0]], r"^A must hold the weights of edges, finite and at least 0, got 0 to inf$"),
        ([[0, np.nan], [np.nan, 0]], r"^A must hold the weights of edges, finite and at least 0, got nan to nan$"),
        ([[0, 1], [0, 0]], r"^A must be symmetric, A\[i, j\] equal to A\[j, i\], since its edges have no direction$"),
    ],
)
def test_what_is_no_graph_is_refused(A, says):
    with pytest.raises(ValueError, match=says):
        normalized_adjacency(A)


def test_self_loops_is_a_flag():
    with pytest.raises(TypeError, match=r"^self_loops must be True or False, got 1$"):
        normalized_adjacency(STAR, self_loops=1)


# Aggregations: row i says whom node i hears


def test_sum_mean_and_max_by_hand():
    x = [[1.0, -1.0], [2.0, -5.0], [4.0, -2.0]]
    values = [f(x, adjacency=WAYS)[0] for f in (sum_aggregation, mean_aggregation, max_aggregation)]
    np.testing.assert_allclose(values[0], [[8, -12], [2, -5], [3, -3]])
    np.testing.assert_allclose(values[1], [[8 / 3, -4], [2, -5], [1, -1]])
    np.testing.assert_allclose(values[2], [[4, -2], [2, -5], [1, -1]])  # negative numbers have a maximum, too


@pytest.mark.parametrize("aggregation", [sum_aggregation, mean_aggregation, max_aggregation])
def test_who_hears_nobody_gets_0_and_sends_no_gradient(aggregation):
    x, A = np.array([[-3.0], [-2.0], [-1.0]]), np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0]])
    m, backward = aggregation(x, adjacency=A)
    assert m[0, 0] == 0
    np.testing.assert_array_equal(backward([[1.0], [0.0], [0.0]]), 0)
    assert backward(np.ones((3, 1)))[2, 0] == 0  # nobody hears the last one


def test_of_equal_maxima_the_first_gets_the_whole_gradient():
    _, backward = max_aggregation(np.full((4, 1), 7.0), adjacency=STAR)
    np.testing.assert_array_equal(backward([[1.0], [0.0], [0.0], [0.0]])[:, 0], [0, 1, 0, 0])
    np.testing.assert_array_equal(backward(np.ones((4, 1)))[:, 0], [3, 1, 0, 0])  # the tips all hear the middle


# Layers


def test_a_graph_convolution_is_a_dense_layer_of_what_is_heard(rng):
    A_hat = normalized_adjacency(STAR)
    x, W, b = rng.standard_normal((4, 3)), rng.standard_normal((2, 3)), rng.standard_normal(2)
    z, backward = graph_convolution(x, W, b, adjacency=A_hat)
    wanted, dense_backward = dense(A_hat @ x, W, b)
    np.testing.assert_allclose(z, wanted)
    delta = rng.standard_normal(z.shape)
    dx, dW, db = backward(delta)
    dm, wanted_dW, wanted_db = dense_backward(delta)
    np.testing.assert_allclose(dx, A_hat.T @ dm)
    np.testing.assert_allclose(dW, wanted_dW)
    np.testing.assert_allclose(db, wanted_db)


def test_messages_go_from_columns_to_rows_and_gradients_back():
    z, backward = graph_convolution(np.eye(3), np.eye(3), np.zeros(3), adjacency=WAYS)
    np.testing.assert_array_equal(z, WAYS)
    dx, _, _ = backward([[1.0, 0, 0], [0, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(dx[:, 0], WAYS[0])  # what node 0 hears gets its gradient


def test_a_graph_without_edges_makes_dense_layers(rng):
    x, W, b = rng.standard_normal((5, 3)), rng.standard_normal((2, 3)), rng.standard_normal(2)
    np.testing.assert_allclose(graph_convolution(x, W, b, adjacency=np.eye(5))[0], dense(x, W, b)[0])
    u, v = rng.standard_normal((2, 2))
    np.testing.assert_allclose(attention_convolution(x, W, b, u, v, adjacency=np.eye(5))[0], dense(x, W, b)[0])
    alone = sage_convolution(x, W, rng.standard_normal((2, 3)), b, adjacency=np.zeros((5, 5)))[0]
    np.testing.assert_allclose(alone, dense(x, W, b)[0])


def test_on_a_grid_it_is_a_convolution_with_equal_weights(rng):
    """Away from the border every pixel has four neighbours, and each of the five counts a fifth."""
    height, width = 5, 6
    places = [(row, column) for row in range(height) for column in range(width)]
    A = [[abs(r - s) + abs(c - d) == 1 for s, d in places] for r, c in places]
    image = rng.standard_normal((height, width))
    z, _ = graph_convolution(image.reshape(-1, 1), [[1.0]], [0.0], adjacency=mean_of(A))
    plus = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]]) / 5
    convolved, _ = conv2d(image[None, None], plus[None, None], [0.0])
    np.testing.assert_allclose(z.reshape(height, width)[1:-1, 1:-1], convolved[0, 0])


def mean_of(A):
    A_tilde = np.array(A, dtype=float) + np.eye(len(A))
    return A_tilde / A_tilde.sum(axis=1)[:, None]


@every_layer
def test_the_order_of_the_nodes_does_not_matter(layer, weights, rng):
    A, x = mean_of(karate_club().adjacency), rng.standard_normal((34, 2))
    order = rng.permutation(34)
    z, _ = layer(x, *weights, adjacency=A)
    shuffled, _ = layer(x[order], *weights, adjacency=A[np.ix_(order, order)])
    np.testing.assert_allclose(shuffled, z[order], atol=1e-12)


@every_layer
def test_two_layers_reach_two_hops(layer, weights):
    line = np.eye(5, k=1) + np.eye(5, k=-1) + np.eye(5)
    square = [np.asarray(w)[:2] for w in weights]  # as many outputs as inputs
    far = np.linspace(1.0, 2.0, 10).reshape(5, 2)
    moved = far.copy()
    moved[4] += 100
    for hops, reached in [(1, {3, 4}), (2, {2, 3, 4})]:
        network = Sequential(*[Layer(layer, *square, adjacency=line) for _ in range(hops)])
        changed = np.flatnonzero(np.any(network(far)[0] != network(moved)[0], axis=1))
        assert set(changed) == reached


def test_sage_reads_the_node_and_the_mean_with_two_matrices():
    x = np.array([[1.0, 0.0], [0.0, 4.0], [2.0, 2.0]])
    z, _ = sage_convolution(x, [[1.0, 10.0]], [[100.0, 1000.0]], [0.5], adjacency=WAYS)
    means = np.array([[2 / 3, 10 / 3], [0.0, 4.0], [1.0, 0.0]])
    np.testing.assert_allclose(z[:, 0], x @ [1, 10] + means @ [100, 1000] + 0.5)


def test_attention_by_hand():
    """Node 0 hears itself and node 1; h is x, the scores are 1 * 1 + 2 * 1 = 3 and 1 - 2 * 2 = -3, of which a fifth."""
    x = np.array([[1.0], [-2.0], [5.0]])
    A = np.array([[1, 9, 0], [0, 1, 0], [0, 0, 1]])
    z, _ = attention_convolution(x, [[1.0]], [0.25], [1.0], [2.0], adjacency=A)
    share = np.exp([3, -0.6]) / np.exp([3, -0.6]).sum()
    np.testing.assert_allclose(z[:, 0], [share @ x[:2, 0] + 0.25, -1.75, 5.25])


def test_scores_of_thousands_do_not_overflow():
    x = np.array([[1e4], [-1e4]])
    z, backward = attention_convolution(x, [[1.0]], [0.0], [1.0], [1.0], adjacency=np.ones((2, 2)))
    np.testing.assert_allclose(z[:, 0], [1e4, 1e4])
    assert all(np.all(np.isfinite(gradient)) for gradient in backward(np.ones((2, 1))))


def test_attention_needs_somebody_to_listen_to():
    with pytest.raises(ValueError, match=r"^every node must hear at least one, itself for example, but row 1 of"):
        attention_convolution(np.ones((2, 1)), [[1.0]], [0.0], [1.0], [1.0], adjacency=[[1, 1], [0, 0]])


@every_layer
@pytest.mark.parametrize(
    ("x", "A", "says"),
    [
        (np.ones((2, 2)), np.ones((3, 3)), r"^adjacency must have shape \(nodes, nodes\), here \(2, 2\), got \(3, 3\)"),
        (np.ones((2, 2)), np.ones((2, 3)), r"^adjacency must have shape \(nodes, nodes\), with at least one node, got"),
        (np.ones((2, 2)), [[0, -1], [1, 0]], r"^adjacency must hold the weights of edges, finite and at least 0, got"),
        (np.ones(2), np.ones((2, 2)), r"^x must have shape \(nodes, features\), got \(2,\)$"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(layer, weights, x, A, says):
    with pytest.raises(ValueError, match=says):
        layer(x, *weights, adjacency=A)


@pytest.mark.parametrize(
    ("layer", "place", "name"),
    [
        (graph_convolution, 0, "W"), (graph_convolution, 1, "b"), (sage_convolution, 0, "W_self"),
        (sage_convolution, 1, "W_neighbours"), (sage_convolution, 2, "b"), (attention_convolution, 0, "W"),
        (attention_convolution, 1, "b"), (attention_convolution, 2, "u"), (attention_convolution, 3, "v"),
    ],
)  # fmt: skip
def test_the_weights_that_do_not_fit_are_named(layer, place, name):
    weights = [np.array(w) for w in WEIGHTS[layer]]
    weights[place] = np.ones((5, 5))
    with pytest.raises(ValueError, match=rf"^{name} must have shape \(outputs,"):
        layer(np.ones((3, 2)), *weights, adjacency=WAYS + np.eye(3))


def test_a_network_of_two_layers_passes_the_check(rng):
    """A one-way graph, so that the gradients have to go against the arrows."""
    x, W1, W2 = (rng.standard_normal(shape) for shape in [(3, 2), (4, 2), (2, 4)])

    def network(x, W1, b1, W2, b2):
        first, second = (Layer(graph_convolution, *p, adjacency=WAYS) for p in [(W1, b1), (W2, b2)])
        return Sequential(first, tanh, second)(x)

    assert check_gradients(network, x, W1, np.zeros(4), W2, np.zeros(2), rng=rng) < 1e-6
