"""What the tests of windows, convolution and pooling share."""

import numpy as np

NO_COUNTS = [  # what is refused as a size, a stride or a padding, and how
    (-1, ValueError), ((1, -1), ValueError), ((1,), ValueError), ((1, 2, 3), ValueError), ([], ValueError),
    (1.0, TypeError), ("1", TypeError), (None, TypeError), (True, TypeError), (np.True_, TypeError),
    ((1, 1.5), TypeError), ((True, 1), TypeError), (np.array([1, 1]), TypeError),
]  # fmt: skip

NO_IMAGES = [(4, 4), (1, 4, 4), (1, 1, 1, 4, 4), (1, 1, 0, 4), (1, 1, 4, 0), (1, 0, 4, 4)]  # shapes


def image(*rows):
    """A batch of one image with one channel."""
    return np.array(rows, dtype=float)[None, None]
