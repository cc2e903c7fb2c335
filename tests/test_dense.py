import numpy as np
import pytest

from dlnotes.dense import dense, flatten


def test_dense_by_hand():
    x = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    W = [[1.0, -1.0], [0.0, 2.0]]
    z, backward = dense(x, W, [10.0, 20.0])
    np.testing.assert_array_equal(z, [[9, 24], [9, 28], [9, 32]])
    dx, dW, db = backward([[1.0, 0.0], [0.0, 1.0], [2.0, 3.0]])
    np.testing.assert_array_equal(dx, [[1, -1], [0, 2], [2, 4]])
    np.testing.assert_array_equal(dW, [[1 + 10, 2 + 12], [3 + 15, 4 + 18]])
    np.testing.assert_array_equal(db, [3, 4])


def test_dense_is_wx_plus_b_for_every_example_and_its_gradients_are_sums_of_outer_products(rng):
    x, W, b, delta = (rng.standard_normal(shape) for shape in [(4, 3), (2, 3), (2,), (4, 2)])
    z, backward = dense(x, W, b)
    np.testing.assert_allclose(z, [W @ example + b for example in x], rtol=1e-13)
    dx, dW, db = backward(delta)
    np.testing.assert_allclose(dx, [W.T @ d for d in delta], rtol=1e-13)
    np.testing.assert_allclose(dW, sum(np.outer(d, example) for d, example in zip(delta, x, strict=True)), rtol=1e-13)
    np.testing.assert_allclose(db, sum(delta), rtol=1e-13)


@pytest.mark.parametrize(
    "shapes",
    [
        ((3,), (2, 3), (2,)),
        ((4, 3), (3,), (2,)),
        ((4, 3), (3, 2), (3,)),
        ((4, 3), (2, 3), (3,)),
        ((4, 3), (2, 3), (1,)),
        ((4, 3), (2, 3), ()),
        ((4, 3), (2, 3), (2, 1)),
        ((5, 4, 2), (2, 3), (2,)),
    ],
)
def test_shapes_that_do_not_fit_are_refused_and_named(shapes):
    with pytest.raises(ValueError, match=r"expected x of shape \(batch, \.\.\., inputs\), W of shape") as error:
        dense(*map(np.ones, shapes))
    x, W, b = shapes
    assert str(error.value).endswith(f"got x {x}, W {W} and b {b}")


def test_flatten_writes_each_example_as_a_row_and_back():
    x = np.arange(12.0).reshape(2, 3, 2)
    y, backward = flatten(x)
    np.testing.assert_array_equal(y, [range(6), range(6, 12)])
    np.testing.assert_array_equal(backward(2 * y), 2 * x)


def test_flatten_takes_an_empty_batch_and_refuses_a_number():
    assert flatten(np.zeros((0, 3, 2)))[0].shape == (0, 6)
    with pytest.raises(ValueError, match=r"^x must have shape \(batch, \.\.\.\), got a single number$"):
        flatten(1.0)
