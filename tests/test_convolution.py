from itertools import product

import numpy as np
import pytest

from dlnotes import convolution
from dlnotes.convolution import (
    conv2d,
    conv2d_by_definition,
    dilate,
    max_pool2d,
    mean_pool2d,
    pad,
    true_conv2d,
    turn,
    window_positions,
)

NAN, INF = np.nan, np.inf
CONVOLUTIONS = [conv2d, conv2d_by_definition, true_conv2d]
POOLINGS = [max_pool2d, mean_pool2d]

every_convolution = pytest.mark.parametrize("convolve", CONVOLUTIONS)
every_pooling = pytest.mark.parametrize("pool", POOLINGS)


def image(*rows):
    """A batch of one image with one channel."""
    return np.array(rows, dtype=float)[None, None]


def random_case(rng, x_shape, W_shape, dtype=np.float64):
    return [rng.standard_normal(shape).astype(dtype) for shape in (x_shape, W_shape, W_shape[:1])]


# --- convolution, by hand --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("convolve", [conv2d, conv2d_by_definition])
def test_cross_correlation_by_hand(convolve):
    x = image([1, 2, 3], [4, 5, 6], [7, 8, 9])
    z, backward = convolve(x, image([1, 2], [0, -1]), [10])
    np.testing.assert_array_equal(z, image([1 + 4 - 5, 2 + 6 - 6], [4 + 10 - 8, 5 + 12 - 9]) + 10)
    dx, dW, db = backward(image([1, 2], [3, 4]))
    np.testing.assert_array_equal(dx, image([1, 2 + 2, 4], [3, 6 - 1 + 4, -2 + 8], [0, -3, -4]))
    np.testing.assert_array_equal(dW, image([37, 47], [67, 77]))
    np.testing.assert_array_equal(db, [10])


def test_true_convolution_by_hand():
    x, W = image([1, 2, 3], [4, 5, 6], [7, 8, 9]), image([1, 2], [0, -1])
    z, backward = true_conv2d(x, W, [10])
    np.testing.assert_array_equal(z, image([-1 + 8 + 5, -2 + 10 + 6], [-4 + 14 + 8, -5 + 16 + 9]) + 10)
    _, dW, _ = backward(image([1, 2], [3, 4]))
    np.testing.assert_array_equal(dW, image([77, 67], [47, 37]))


def test_channels_are_summed_filters_are_apart_and_the_bias_is_added_once():
    x = np.stack([np.full((2, 2), 1.0), np.full((2, 2), 10.0)])[None]
    W = np.array([[1, 1], [2, 0], [0, 3]], dtype=float)[:, :, None, None]
    z, backward = conv2d(x, W, [0, 0, 100])
    np.testing.assert_array_equal(z[0, :, 0, 0], [11, 2, 130])
    dx, dW, db = backward(np.ones((1, 3, 2, 2)))
    np.testing.assert_array_equal(dx[0, :, 0, 0], [3, 4])
    np.testing.assert_array_equal(dW[:, :, 0, 0], [[4, 40]] * 3)
    np.testing.assert_array_equal(db, [4, 4, 4])


# --- convolution, its properties -------------------------------------------------------------------------------------

GRID = [
    (x, W, {"stride": stride, "padding": padding})
    for x, W, stride, padding in product(
        [(2, 2, 5, 4)], [(3, 2, 1, 1), (2, 2, 3, 2), (1, 2, 2, 4)], [1, 2, (1, 3)], [0, 1, (2, 0)]
    )
]


@pytest.mark.parametrize(("x_shape", "W_shape", "options"), GRID, ids=str)
def test_conv2d_is_its_definition(x_shape, W_shape, options, rng):
    x, W, b = random_case(rng, x_shape, W_shape)
    z, backward = conv2d(x, W, b, **options)
    expected, backward_by_definition = conv2d_by_definition(x, W, b, **options)
    np.testing.assert_allclose(z, expected, rtol=1e-12, atol=1e-13)
    delta = rng.standard_normal(z.shape)
    for gradient, expected in zip(backward(delta), backward_by_definition(delta), strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("x_shape", "W_shape", "options"), GRID, ids=str)
def test_the_input_gradient_is_the_full_convolution_with_the_dilated_delta(x_shape, W_shape, options, rng):
    x, W, b = random_case(rng, x_shape, W_shape)
    z, backward = conv2d(x, W, b, **options)
    delta = rng.standard_normal(z.shape)
    dx, _, _ = backward(delta)

    dilated, _ = dilate(delta, stride=options["stride"])
    W_by_input = W.transpose(1, 0, 2, 3)  # what was an input channel is now an output channel
    full, _ = true_conv2d(dilated, W_by_input, np.zeros(len(W_by_input)), padding=(W.shape[2] - 1, W.shape[3] - 1))
    padded, unpad = pad(x, padding=options["padding"])
    left_over = [(0, 0), (0, 0), *((0, p - f) for p, f in zip(padded.shape[2:], full.shape[2:], strict=True))]
    np.testing.assert_allclose(dx, unpad(np.pad(full, left_over)), rtol=1e-12, atol=1e-13)


def test_true_convolution_multiplies_polynomials(rng):
    f, g = rng.standard_normal(5), rng.standard_normal(3)
    z, _ = true_conv2d(image(f), image(g), [0], padding=(0, 2))
    np.testing.assert_allclose(z[0, 0, 0], np.convolve(f, g), rtol=1e-12)


def test_true_convolution_commutes_and_cross_correlation_does_not(rng):
    f, g = rng.standard_normal((2, 1, 1, 3, 3))
    there, back = (true_conv2d(a, b, [0], padding=2)[0] for a, b in [(f, g), (g, f)])
    np.testing.assert_allclose(there, back, rtol=1e-12)
    there, back = (conv2d(a, b, [0], padding=2)[0] for a, b in [(f, g), (g, f)])
    np.testing.assert_allclose(there, turn(back)[0], rtol=1e-12)
    assert not np.allclose(there, back)


def test_a_kernel_as_large_as_the_image_is_a_dense_layer(rng):
    x, W, b = random_case(rng, (4, 3, 5, 2), (6, 3, 5, 2))
    z, backward = conv2d(x, W, b)
    assert z.shape == (4, 6, 1, 1)
    np.testing.assert_allclose(z[:, :, 0, 0], x.reshape(4, -1) @ W.reshape(6, -1).T + b, rtol=1e-12)
    dx, _, _ = backward(np.ones_like(z))
    np.testing.assert_allclose(dx, np.broadcast_to(W.sum(axis=0), x.shape), rtol=1e-12)


def test_a_kernel_may_need_the_padding_to_fit():
    z, backward = conv2d(image([2]), image([1, 2, 3], [4, 5, 6], [7, 8, 9]), [0], padding=1)
    np.testing.assert_array_equal(z, image([10]))
    np.testing.assert_array_equal(backward(image([1]))[0], image([5]))


@every_convolution
def test_rows_and_columns_left_over_do_not_count_and_get_no_gradient(convolve, rng):
    x, W, b = random_case(rng, (2, 2, 6, 8), (3, 2, 3, 3))
    z, backward = convolve(x, W, b, stride=(2, 3))
    assert z.shape == (2, 3, 2, 2)
    changed = x.copy()
    changed[:, :, 5:], changed[:, :, :, 6:] = NAN, NAN
    np.testing.assert_array_equal(convolve(changed, W, b, stride=(2, 3))[0], z)
    dx, _, _ = backward(np.ones_like(z))
    assert not dx[:, :, 5:].any()
    assert not dx[:, :, :, 6:].any()
    assert dx[:, :, :5, :6].all()


def test_a_stride_larger_than_the_kernel_skips_pixels_between_the_windows():
    x = image(range(7))
    z, backward = conv2d(x, image([1, 1]), [0], stride=(1, 5))
    np.testing.assert_array_equal(z, image([1, 11]))
    np.testing.assert_array_equal(backward(image([1, 2]))[0], image([1, 1, 0, 0, 0, 2, 2]))


@every_convolution
def test_a_pair_is_vertical_and_horizontal(convolve, rng):
    x, W, b = random_case(rng, (1, 1, 9, 9), (1, 1, 3, 3))
    once, _ = convolve(x, W, b)
    np.testing.assert_allclose(convolve(x, W, b, stride=(2, 3))[0], once[:, :, ::2, ::3], rtol=1e-12)
    np.testing.assert_allclose(convolve(x, W, b, stride=[np.int64(2), 3])[0], once[:, :, ::2, ::3], rtol=1e-12)
    framed, _ = convolve(x, W, b, padding=(1, 2))
    assert framed.shape == (1, 1, 9, 11)
    np.testing.assert_allclose(framed[:, :, 1:-1, 2:-2], once, rtol=1e-12)


@pytest.mark.parametrize("chunk_bytes", [1, 10_000, 2**30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_size_of_a_chunk_does_not_matter(chunk_bytes, dtype, rng, monkeypatch):
    x, W, b = random_case(
        rng, (7, 3, 6, 5), (4, 3, 3, 2), dtype
    )  # 3024 or 6048 bytes of columns for a row of the output
    z, backward = conv2d(x, W, b, padding=1)
    delta = rng.standard_normal(z.shape)
    expected = z, *backward(delta)
    monkeypatch.setattr(convolution, "CHUNK_BYTES", chunk_bytes)
    z, backward = conv2d(x, W, b, padding=1)
    tolerance = 1e-5 if dtype == np.float32 else 1e-13
    for actual, wanted in zip((z, *backward(delta)), expected, strict=True):
        np.testing.assert_allclose(actual, wanted, rtol=tolerance, atol=tolerance)


def test_an_empty_batch_has_an_empty_result():
    z, backward = conv2d(np.zeros((0, 2, 4, 4)), np.ones((3, 2, 3, 3)), np.ones(3))
    assert z.shape == (0, 3, 2, 2)
    dx, dW, db = backward(z)
    assert dx.shape == (0, 2, 4, 4)
    assert not dW.any()
    assert not db.any()


# --- pooling ---------------------------------------------------------------------------------------------------------

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
        assert pool(x, window=(2, 3), stride=(1, 2))[0].shape == (1, 1, 3, 2)


# --- frames, zeros between, the turn ---------------------------------------------------------------------------------


def test_pad_by_hand():
    y, backward = pad(image([1, 2]), padding=(1, 2))
    np.testing.assert_array_equal(y, image([0] * 6, [0, 0, 1, 2, 0, 0], [0] * 6))
    np.testing.assert_array_equal(backward(image(range(6), range(6, 12), range(12, 18))), image([8, 9]))


def test_dilate_by_hand():
    y, backward = dilate(image([1, 2], [3, 4]), stride=(2, 3))
    np.testing.assert_array_equal(y, image([1, 0, 0, 2], [0] * 4, [3, 0, 0, 4]))
    np.testing.assert_array_equal(backward(image(range(4), range(4, 8), range(8, 12))), image([0, 3], [8, 11]))


def test_turn_by_hand():
    y, backward = turn(image([1, 2, 3], [4, 5, 6]))
    np.testing.assert_array_equal(y, image([6, 5, 4], [3, 2, 1]))
    np.testing.assert_array_equal(backward(image([1, 2, 3], [4, 5, 6])), image([6, 5, 4], [3, 2, 1]))


@pytest.mark.parametrize(
    ("image", "window", "stride"), list(product([(4, 7), (5, 5)], [(1, 1), (4, 5)], [(1, 2), (3, 1)]))
)
def test_window_positions_counts_what_fits(image, window, stride):
    fitting = [len([a for a in range(0, n, s) if a + w <= n]) for n, w, s in zip(image, window, stride, strict=True)]
    assert window_positions(image, window, stride) == tuple(fitting)


# --- what is refused -------------------------------------------------------------------------------------------------


@every_convolution
@pytest.mark.parametrize(
    "shapes",
    [
        ((1, 2, 4, 4), (3, 1, 2, 2), (3,)),
        ((1, 2, 4, 4), (3, 2, 2, 2), (2,)),
        ((1, 2, 4, 4), (3, 2, 2, 2), ()),
        ((1, 2, 4, 4), (3, 2, 2, 2), (3, 1)),
        ((1, 2, 4, 4), (3, 2, 0, 2), (3,)),
        ((1, 2, 4, 4), (0, 2, 2, 2), (0,)),
    ],
)
def test_kernels_that_do_not_fit_are_refused_and_named(convolve, shapes):
    x, W, b = shapes
    with pytest.raises(ValueError, match=r"^expected x of shape \(batch, channels, height, width\), W of") as error:
        convolve(*map(np.ones, shapes))
    assert str(error.value).endswith(f"got x {x}, W {W} and b {b}")


@every_convolution
def test_kernels_without_four_axes_are_refused(convolve):
    with pytest.raises(ValueError, match=r"W of shape|W must have shape") as error:
        convolve(np.ones((1, 1, 4, 4)), np.ones((2, 2)), np.ones(2))
    assert "(filters, channels, kernel_height, kernel_width)" in str(error.value)
    assert "(2, 2)" in str(error.value)


@pytest.mark.parametrize("shape", [(4, 4), (1, 4, 4), (1, 1, 1, 4, 4), (1, 1, 0, 4), (1, 1, 4, 0), (1, 0, 4, 4)])
def test_what_is_no_batch_of_images_is_refused(shape):
    operations = [
        *(lambda x, f=f: f(x, np.ones((1, 1, 1, 1)), np.ones(1)) for f in CONVOLUTIONS),
        *POOLINGS,
        lambda x: pad(x, padding=1),
        lambda x: dilate(x, stride=1),
    ]
    for operation in operations:
        with pytest.raises(ValueError, match=r"^x must have shape \(batch, channels, height, width\)") as error:
            operation(np.ones(shape))
        assert str(error.value).endswith(f"got {shape}")


def test_what_is_no_bank_of_kernels_cannot_be_turned():
    with pytest.raises(ValueError, match=r"^W must have shape \(filters, .*, got \(2, 2\)$"):
        turn(np.ones((2, 2)))


@every_convolution
def test_a_kernel_larger_than_the_padded_image_is_refused(convolve):
    for W_shape in [(1, 1, 7, 1), (1, 1, 1, 6)]:
        with pytest.raises(ValueError, match=r"does not fit an image of 6 x 5 pixels \(padding included\)") as error:
            convolve(np.ones((1, 1, 4, 5)), np.ones(W_shape), np.ones(1), padding=(1, 0))
        assert f"a window of {W_shape[2]} x {W_shape[3]} pixels" in str(error.value)


@every_pooling
def test_a_window_larger_than_the_image_is_refused(pool):
    with pytest.raises(ValueError, match=r"a window of 5 x 1 pixels does not fit an image of 4 x 5 pixels"):
        pool(np.ones((1, 1, 4, 5)), window=(5, 1))


WRONG = [-1, 1.0, "1", None, (1,), (1, 2, 3), (1, -1), (1, 1.5), np.array([1, 1])]


@pytest.mark.parametrize("wrong", [0, (0, 1), *WRONG], ids=repr)
def test_a_stride_that_is_no_count_is_refused(wrong):
    x, W, b = np.ones((1, 1, 4, 4)), np.ones((1, 1, 2, 2)), np.ones(1)
    calls = [*(lambda s, f=f: f(x, W, b, stride=s) for f in CONVOLUTIONS), lambda s: dilate(x, stride=s)]
    if wrong is not None:  # for a pooling, None is the window
        calls.extend(lambda s, f=f: f(x, stride=s) for f in POOLINGS)
    for call in calls:
        with pytest.raises(ValueError, match=r"^stride must be an integer of at least 1, or a pair of them") as error:
            call(wrong)
        assert str(error.value).endswith(f"got {wrong!r}")


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_a_padding_that_is_no_count_is_refused(wrong):
    x, W, b = np.ones((1, 1, 4, 4)), np.ones((1, 1, 2, 2)), np.ones(1)
    for call in [*(lambda p, f=f: f(x, W, b, padding=p) for f in CONVOLUTIONS), lambda p: pad(x, padding=p)]:
        with pytest.raises(ValueError, match=r"^padding must be an integer of at least 0, or a pair of them") as error:
            call(wrong)
        assert str(error.value).endswith(f"got {wrong!r}")


@every_pooling
@pytest.mark.parametrize("wrong", [0, (2, 0), *WRONG], ids=repr)
def test_a_window_that_is_no_size_is_refused(pool, wrong):
    with pytest.raises(ValueError, match=r"^window must be an integer of at least 1, or a pair of them") as error:
        pool(np.ones((1, 1, 4, 4)), window=wrong)
    assert str(error.value).endswith(f"got {wrong!r}")
