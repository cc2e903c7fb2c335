"""Tell on one line how far a training has come, where somebody watches."""

import os

from dlnotes.operation import require_count


def progress(losses, epochs):
    """Pass on the losses of `fit`, and tell on one line how far the training has come.

    The line is written over and over, in a terminal and in a notebook. Where outputs are stored to be compared, that
    is where the environment variable DLNOTES_EXPLORE is preview or static, nothing is written. Introduced in the
    chapter "Convolutional networks".

    Parameters
    ----------
    losses : iterable of float
        One loss for each epoch.
    epochs : int
        How many there will be.

    Yields
    ------
    mean_loss : float
        The losses, unchanged.

    Examples
    --------
    >>> list(progress([0.5, 0.25], epochs=2))  # doctest: +NORMALIZE_WHITESPACE
    epoch 1 of 2: loss 0.5
    epoch 2 of 2: loss 0.25
    [0.5, 0.25]
    """
    epochs = require_count("epochs", epochs)
    silent = os.environ.get("DLNOTES_EXPLORE") in ("preview", "static")
    for epoch, mean_loss in enumerate(losses, start=1):
        if not silent:
            last = epoch == epochs
            print(f"\repoch {epoch} of {epochs}: loss {mean_loss:<8.4g}", end="\n" if last else "", flush=True)
        yield mean_loss
