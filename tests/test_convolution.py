from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from images import NO_COUNTS, NO_IMAGES, image

from dlnotes import convolution
from dlnotes.convolution import conv2d, conv2d_by_definition, true_conv2d, turn
from dlnotes.windows import dilate, pad

CONVOLUTIONS = [conv2d, conv2d_by_definition, true_conv2d]

every_convolution = pytest.mark.parametrize("convolve", CONVOLUTIONS)


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


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


@settings(derandomize=True, max_examples=60, deadline=None, database=None)
@given(st.data())
def test_conv2d_is_its_definition_for_whatever_fits(data):
    window, stride = data.draw(pairs, "window"), data.draw(pairs, "stride")
    padding = data.draw(st.tuples(st.integers(0, 2), st.integers(0, 2)), "padding")
    least = [max(1, w - 2 * p) for w, p in zip(window, padding, strict=True)]
    height, width = (data.draw(st.integers(n, n + 4), "size") for n in least)
    batch, channels, filters = (data.draw(st.integers(1, 3), name) for name in ("batch", "channels", "filters"))
    rng = np.random.default_rng(data.draw(st.integers(0, 9), "seed"))
    x, W, b = random_case(rng, (batch, channels, height, width), (filters, channels, *window))
    options = {"stride": stride, "padding": padding}
    z, backward = conv2d(x, W, b, **options)
    expected, backward_by_definition = conv2d_by_definition(x, W, b, **options)
    np.testing.assert_allclose(z, expected, rtol=1e-12, atol=1e-12)
    delta = rng.standard_normal(z.shape)
    for gradient, expected in zip(backward(delta), backward_by_definition(delta), strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-12)


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
    changed[:, :, 5:], changed[:, :, :, 6:] = np.nan, np.nan
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
    x, W, b = random_case(rng, (7, 3, 6, 5), (4, 3, 3, 2), dtype)  # 2592 or 5184 bytes of columns for an image
    z, backward = conv2d(x, W, b, padding=1)
    delta = rng.standard_normal(z.shape)
    expected = z, *backward(delta)
    monkeypatch.setattr(convolution, "CHUNK_BYTES", chunk_bytes)
    z, backward = conv2d(x, W, b, padding=1)
    tolerance = 1e-5 if dtype == np.float32 else 1e-13
    for actual, wanted in zip((z, *backward(delta)), expected, strict=True):
        np.testing.assert_allclose(actual, wanted, rtol=tolerance, atol=tolerance)


@every_convolution
@pytest.mark.parametrize(
    "dtypes", sorted(set(product([np.float32, np.float64], repeat=3)) - {(np.float32,) * 3}, key=str), ids=str
)
def test_mixed_dtypes_have_the_widest_result_and_gradients_of_their_own(convolve, dtypes, rng):
    arrays = random_case(rng, (2, 2, 5, 4), (3, 2, 3, 2))
    exact, exact_backward = convolve(*arrays)
    z, backward = convolve(*(a.astype(dtype) for a, dtype in zip(arrays, dtypes, strict=True)))
    assert z.dtype == np.float64
    np.testing.assert_allclose(z, exact, rtol=1e-5, atol=1e-5)
    delta = rng.standard_normal(z.shape)
    for gradient, expected, dtype in zip(backward(delta), exact_backward(delta), dtypes, strict=True):
        assert gradient.dtype == dtype
        np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-5)


@every_convolution
def test_small_integers_of_numpy_do_not_overflow(convolve, rng):
    x, W, b = random_case(rng, (1, 1, 3, 140), (1, 1, 1, 2))
    z, backward = convolve(x, W, b, stride=np.int8(100), padding=np.uint8(100))
    expected, expected_backward = convolve(x, W, b, stride=100, padding=100)
    np.testing.assert_array_equal(z, expected)
    np.testing.assert_array_equal(backward(z)[0], expected_backward(z)[0])


def test_an_empty_batch_has_an_empty_result():
    z, backward = conv2d(np.zeros((0, 2, 4, 4)), np.ones((3, 2, 3, 3)), np.ones(3))
    assert z.shape == (0, 3, 2, 2)
    dx, dW, db = backward(z)
    assert dx.shape == (0, 2, 4, 4)
    assert not dW.any()
    assert not db.any()


def test_turn_by_hand():
    y, backward = turn(image([1, 2, 3], [4, 5, 6]))
    np.testing.assert_array_equal(y, image([6, 5, 4], [3, 2, 1]))
    np.testing.assert_array_equal(backward(image([1, 2, 3], [4, 5, 6])), image([6, 5, 4], [3, 2, 1]))


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


def test_what_is_no_bank_of_kernels_cannot_be_turned():
    with pytest.raises(ValueError, match=r"^W must have shape \(filters, .*, got \(2, 2\)$"):
        turn(np.ones((2, 2)))


@every_convolution
def test_a_kernel_larger_than_the_padded_image_is_refused(convolve):
    for W_shape in [(1, 1, 7, 1), (1, 1, 1, 6)]:
        with pytest.raises(ValueError, match=r"does not fit an image of 6 x 5 pixels \(padding included\)") as error:
            convolve(np.ones((1, 1, 4, 5)), np.ones(W_shape), np.ones(1), padding=(1, 0))
        assert f"a window of {W_shape[2]} x {W_shape[3]} pixels" in str(error.value)


@every_convolution
@pytest.mark.parametrize(("wrong", "error"), [(0, ValueError), ((0, 1), ValueError), *NO_COUNTS], ids=repr)
def test_a_stride_that_is_no_count_is_refused(convolve, wrong, error):
    with pytest.raises(error, match=r"^stride must be (an integer of at least 1|one integer or a pair of them), got "):
        convolve(np.ones((1, 1, 4, 4)), np.ones((1, 1, 2, 2)), np.ones(1), stride=wrong)


@every_convolution
@pytest.mark.parametrize(("wrong", "error"), NO_COUNTS, ids=repr)
def test_a_padding_that_is_no_count_is_refused(convolve, wrong, error):
    with pytest.raises(error, match=r"^padding must be (an integer of at least 0|one integer or a pair of them), got "):
        convolve(np.ones((1, 1, 4, 4)), np.ones((1, 1, 2, 2)), np.ones(1), padding=wrong)


@every_convolution
@pytest.mark.parametrize("shape", NO_IMAGES)
def test_what_is_no_batch_of_images_is_refused(convolve, shape):
    with pytest.raises(ValueError, match=r"^x must have shape \(batch, channels, height, width\)") as error:
        convolve(np.ones(shape), np.ones((1, 1, 1, 1)), np.ones(1))
    assert f"got {shape}" in str(error.value)
