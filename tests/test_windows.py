from itertools import product

import numpy as np
import pytest
from images import NO_COUNTS, NO_IMAGES, image

from dlnotes.windows import dilate, im2col, pad, window_positions


def test_pad_by_hand():
    y, backward = pad(image([1, 2]), padding=(1, 2))
    np.testing.assert_array_equal(y, image([0] * 6, [0, 0, 1, 2, 0, 0], [0] * 6))
    np.testing.assert_array_equal(backward(image(range(6), range(6, 12), range(12, 18))), image([8, 9]))


def test_dilate_by_hand():
    y, backward = dilate(image([1, 2], [3, 4]), stride=(2, 3))
    np.testing.assert_array_equal(y, image([1, 0, 0, 2], [0] * 4, [3, 0, 0, 4]))
    np.testing.assert_array_equal(backward(image(range(4), range(4, 8), range(8, 12))), image([0, 3], [8, 11]))


@pytest.mark.parametrize(
    ("image", "window", "stride"), list(product([(4, 7), (5, 5)], [(1, 1), (4, 5)], [(1, 2), (3, 1)]))
)
def test_window_positions_counts_what_fits(image, window, stride):
    fitting = [len([a for a in range(0, n, s) if a + w <= n]) for n, w, s in zip(image, window, stride, strict=True)]
    assert window_positions(image, window, stride) == tuple(fitting)


def test_window_positions_takes_one_number_for_both_directions():
    assert window_positions(np.int8(120), window=3, stride=np.uint8(2)) == (59, 59)
    assert all(type(n) is int for n in window_positions(np.int8(120), window=3, stride=np.uint8(2)))


# --- windows as columns ----------------------------------------------------------------------------------------------


def test_the_columns_of_a_matrix_are_the_windows_of_an_image():
    x = np.arange(24.0).reshape(1, 2, 3, 4)
    X_col, _ = im2col(x, window=(2, 3), stride=(1, 1))
    windows = [x[0, :, i : i + 2, j : j + 3].ravel() for i in range(2) for j in range(2)]
    np.testing.assert_array_equal(X_col[0], np.transpose(windows))


@pytest.mark.parametrize(("stride", "tops", "lefts"), [(2, [0, 2], [0, 2, 4]), ((3, 4), [0, 3], [0, 4])])
def test_columns_are_as_far_apart_as_the_stride_says(stride, tops, lefts, rng):
    x = rng.standard_normal((2, 3, 5, 7))
    X_col, _ = im2col(x, window=(2, 2), stride=stride)
    for k in range(2):
        windows = [x[k, :, i : i + 2, j : j + 2].ravel() for i in tops for j in lefts]
        np.testing.assert_array_equal(X_col[k], np.transpose(windows))


def test_the_way_back_adds_what_the_copies_of_a_pixel_receive():
    _, backward = im2col(image(range(5)), window=(1, 2), stride=1)
    np.testing.assert_array_equal(backward([[[1, 2, 3, 4], [10, 20, 30, 40]]]), image([1, 12, 23, 34, 40]))


# --- what is refused -------------------------------------------------------------------------------------------------

OPERATIONS = {
    "im2col": lambda x: im2col(x, window=1),
    "pad": lambda x: pad(x, padding=1),
    "dilate": lambda x: dilate(x, stride=1),
}


@pytest.mark.parametrize("shape", NO_IMAGES)
@pytest.mark.parametrize("name", OPERATIONS)
def test_what_is_no_batch_of_images_is_refused(name, shape):
    with pytest.raises(ValueError, match=r"^x must have shape \(batch, channels, height, width\)") as error:
        OPERATIONS[name](np.ones(shape))
    assert str(error.value).endswith(f"got {shape}")


X = np.ones((1, 1, 4, 4))
COUNTS = [
    ("window", 1, lambda n: im2col(X, window=n)),
    ("stride", 1, lambda n: im2col(X, window=1, stride=n)),
    ("stride", 1, lambda n: dilate(X, stride=n)),
    ("padding", 0, lambda n: pad(X, padding=n)),
    ("image", 1, lambda n: window_positions(n, window=1, stride=1)),
    ("window", 1, lambda n: window_positions(4, window=n, stride=1)),
    ("stride", 1, lambda n: window_positions(4, window=1, stride=n)),
]


@pytest.mark.parametrize(
    ("name", "least", "call", "wrong", "error"),
    [(*count, *wrong) for count, wrong in product(COUNTS, NO_COUNTS)]
    + [(*count, wrong, ValueError) for count, wrong in product(COUNTS, [0, (1, 0)]) if count[1] == 1],
)
def test_what_is_no_count_is_refused(name, least, call, wrong, error):
    pattern = rf"^{name} must be (an integer of at least {least}|one integer or a pair of them), got "
    with pytest.raises(error, match=pattern):
        call(wrong)


def test_a_window_larger_than_the_image_is_refused():
    for window in [(5, 1), (1, 6)]:
        with pytest.raises(ValueError, match=r"does not fit an image of 4 x 5 pixels") as error:
            window_positions((4, 5), window, 1)
        assert str(error.value).startswith(f"a window of {window[0]} x {window[1]} pixels")


def test_without_a_stride_the_window_stops_at_every_pixel():
    x = np.arange(12.0).reshape(1, 1, 3, 4)
    np.testing.assert_array_equal(im2col(x, window=2)[0], im2col(x, window=2, stride=1)[0], strict=True)
