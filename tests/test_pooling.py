from itertools import product

import numpy as np
import pytest
from images import NO_COUNTS, NO_IMAGES, image

from dlnotes.pooling import max_pool2d, mean_pool2d

NAN, INF = np.nan, np.inf
POOLINGS = [max_pool2d, mean_pool2d]

every_pooling = pytest.mark.parametrize("pool", POOLINGS)

PICTURE = image([1, 5, 2, 0], [3, 4, -1, 7], [9, 9, 1, 1], [9, 8, 1, 1])


def test_max_pooling_by_hand():
    y, backward = max_pool2d(PICTURE)
    np.testing.assert_array_equal(y, image([5, 7], [9, 1]))
    dx = backward(image([1, 2], [3, 4]))
    np.testing.assert_array_equal(dx, image([0, 1, 0, 0], [0, 0, 0, 2], [3, 0, 4, 0], [0, 0, 0, 0]))


def test_mean_pooling_by_hand():
    y, backward = mean_pool2d(PICTURE)
    np.testing.assert_array_equal(y, image([13 / 4, 2], [35 / 4, 1]))
    dx = backward(image([4, 8], [12, 16]))
    np.testing.assert_array_equal(dx, image([1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]))


def test_overlapping_windows_add_their_gradients():
    y, backward = max_pool2d(image([1, 3, 2]), window=(1, 2), stride=1)
    np.testing.assert_array_equal(y, image([3, 3]))
    np.testing.assert_array_equal(backward(image([10, 1])), image([0, 11, 0]))
    y, backward = mean_pool2d(image([1, 3, 2]), window=(1, 2), stride=1)
    np.testing.assert_array_equal(y, image([2, 2.5]))
    np.testing.assert_array_equal(backward(image([10, 1])), image([5, 5.5, 0.5]))


def test_of_equal_maxima_the_first_gets_the_whole_gradient():
    y, backward = max_pool2d(np.zeros((1, 1, 3, 3)), window=2, stride=1)
    np.testing.assert_array_equal(y, np.zeros((1, 1, 2, 2)))
    np.testing.assert_array_equal(backward(image([1, 2], [3, 4])), image([1, 2, 0], [3, 4, 0], [0, 0, 0]))


def test_max_pooling_keeps_nan_and_infinities():
    y, backward = max_pool2d(image([-INF, -INF, 1, 2, INF, 5], [-INF, -INF, NAN, 3, NAN, 6]))
    np.testing.assert_array_equal(y, image([-INF, NAN, NAN]))
    np.testing.assert_array_equal(backward(image([1, 2, 3])), image([1, 0, 0, 0, 0, 0], [0, 0, 2, 0, 3, 0]))


@every_pooling
def test_pooling_works_on_each_channel_and_image_alone(pool, rng):
    x = rng.standard_normal((2, 3, 5, 6))
    y, backward = pool(x, window=(3, 2), stride=(1, 2))
    assert y.shape == (2, 3, 3, 3)
    dy = rng.standard_normal(y.shape)
    dx = backward(dy)
    for n, c in np.ndindex(2, 3):
        one = np.s_[n : n + 1, c : c + 1]
        y_alone, backward_alone = pool(x[one], window=(3, 2), stride=(1, 2))
        np.testing.assert_array_equal(y[one], y_alone)
        np.testing.assert_array_equal(dx[one], backward_alone(dy[one]))


@pytest.mark.parametrize(("pool", "best"), [(max_pool2d, np.max), (mean_pool2d, np.mean)])
@pytest.mark.parametrize(("window", "stride"), list(product([(1, 1), (2, 3), (5, 6)], [(1, 1), (3, 2)])))
def test_pooling_is_what_numpy_says_of_each_window(pool, best, window, stride, rng):
    x = rng.standard_normal((2, 2, 5, 6))
    y, _ = pool(x, window=window, stride=stride)
    for n, c, i, j in np.ndindex(y.shape):
        top, left = i * stride[0], j * stride[1]
        assert y[n, c, i, j] == pytest.approx(best(x[n, c, top : top + window[0], left : left + window[1]]), abs=1e-14)


@every_pooling
def test_rows_and_columns_left_over_are_not_pooled(pool, rng):
    x = rng.standard_normal((1, 1, 5, 5))
    y, backward = pool(x, window=2)
    np.testing.assert_array_equal(y, pool(x[:, :, :4, :4])[0])
    dx = backward(np.ones_like(y))
    assert not dx[:, :, 4:].any()
    assert not dx[:, :, :, 4:].any()
    assert dx.sum() == pytest.approx(4)


def test_a_pair_of_windows_is_vertical_and_horizontal(rng):
    x = rng.standard_normal((1, 1, 4, 6))
    for pool in POOLINGS:
        assert pool(x, window=(2, 3))[0].shape == (1, 1, 2, 2)
        np.testing.assert_array_equal(pool(x, window=(2, 3))[0], pool(x, window=(2, 3), stride=(2, 3))[0])
        assert pool(x, window=(2, 3), stride=(1, 2))[0].shape == (1, 1, 3, 2)


@every_pooling
def test_a_window_larger_than_the_image_is_refused(pool):
    with pytest.raises(ValueError, match=r"a window of 5 x 1 pixels does not fit an image of 4 x 5 pixels"):
        pool(np.ones((1, 1, 4, 5)), window=(5, 1))


@every_pooling
@pytest.mark.parametrize("option", ["window", "stride"])
@pytest.mark.parametrize(("wrong", "error"), [(0, ValueError), ((2, 0), ValueError), *NO_COUNTS], ids=repr)
def test_a_window_or_stride_that_is_no_count_is_refused(pool, option, wrong, error):
    if option == "stride" and wrong is None:
        return  # that is the size of the window
    with pytest.raises(
        error, match=rf"^{option} must be (an integer of at least 1|one integer or a pair of them), got "
    ):
        pool(np.ones((1, 1, 4, 4)), **{option: wrong})


@every_pooling
@pytest.mark.parametrize("shape", NO_IMAGES)
def test_what_is_no_batch_of_images_is_refused(pool, shape):
    with pytest.raises(ValueError, match=r"^x must have shape \(batch, channels, height, width\)") as error:
        pool(np.ones(shape))
    assert str(error.value).endswith(f"got {shape}")
