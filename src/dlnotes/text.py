"""Text as numbers: a vocabulary, windows whose targets are the tokens that come next, and words with neighbours."""

import numpy as np

from dlnotes.operation import as_floats, as_integers, kind, require_count, require_rng, shown


class Vocabulary:
    """All different tokens of a text, sorted and numbered from 0.

    A token is a character or a word, whatever the text is a sequence of. Introduced in the chapter "Recurrent
    networks".

    Parameters
    ----------
    tokens : str, or list of str
        A text, which is a sequence of characters, or a list of words.

    Attributes
    ----------
    tokens : tuple of str
        The token of each number.

    Raises
    ------
    ValueError
        If there are no tokens.
    TypeError
        If a token is no text.

    Examples
    --------
    >>> vocabulary = Vocabulary("hello world")
    >>> len(vocabulary), vocabulary.tokens[:3]
    (8, (' ', 'd', 'e'))
    >>> vocabulary.encode("hello")
    array([3, 2, 4, 4, 5])
    >>> "".join(vocabulary.decode([3, 2, 4, 4, 5]))
    'hello'
    """

    def __init__(self, tokens):
        self.tokens = tuple(sorted(set(require_tokens(tokens))))
        if not self.tokens:
            raise ValueError("expected a text, or a list of words, with at least one token, got an empty one")
        self.numbers = {token: number for number, token in enumerate(self.tokens)}

    def __len__(self):
        return len(self.tokens)

    def encode(self, tokens):
        """Return the numbers of the tokens of a text, an array of integers; a `ValueError` names one that has none."""
        try:
            return np.array([self.numbers[token] for token in require_tokens(tokens)], dtype=np.int64)
        except KeyError as error:
            raise ValueError(f"the token {error} is not one of the {len(self)} tokens of the vocabulary") from None

    def decode(self, ids):
        """Return the tokens that belong to some numbers, as a list; characters are joined by ``"".join``."""
        ids = as_integers("ids", ids)
        if ids.ndim != 1:
            raise ValueError(f"ids must have shape (time,), got {ids.shape}")
        if ids.size and not 0 <= ids.min() <= ids.max() < len(self):
            raise ValueError(f"ids must lie from 0 to {len(self) - 1}, got {ids.min()} to {ids.max()}")
        return [self.tokens[number] for number in ids]


def require_tokens(tokens):
    """Refuse what is no text, and no list or tuple of texts."""
    if not isinstance(tokens, str | list | tuple):
        raise TypeError(f"expected a text, or a list of words, got {kind(tokens)}")
    for token in tokens:
        if not isinstance(token, str):
            raise TypeError(f"a token must be a text, a character or a word, got {shown(token)}")
    return tokens


def windows(ids, length):
    """Cut a text into windows of the same length, each with the token that comes next as the target of every token.

    The windows follow each other without a gap, in the order of the text; what is left at its end is left out.
    Introduced in the chapter "Recurrent networks".

    Parameters
    ----------
    ids : array_like of int of shape (time,)
        The tokens of a text, by their numbers.
    length : int
        Tokens in a window.

    Returns
    -------
    x : ndarray of int of shape (windows, length)
        The tokens.
    y : ndarray of int of shape (windows, length)
        For each of them the next one.

    Raises
    ------
    ValueError
        If the text is shorter than a window and its last target, or `length` is not positive.
    TypeError
        If `ids` holds no integers, or `length` is none.

    Examples
    --------
    >>> x, y = windows([1, 2, 3, 4, 5, 6], length=2)
    >>> x.tolist(), y.tolist()
    ([[1, 2], [3, 4]], [[2, 3], [4, 5]])
    """
    ids, length = as_integers("ids", ids), require_count("length", length)
    if ids.ndim != 1 or len(ids) <= length:
        raise ValueError(
            f"ids must have shape (time,), with more than {length} tokens for such windows, got {ids.shape}"
        )
    count = (len(ids) - 1) // length
    return tuple(ids[start : start + count * length].reshape(count, length).copy() for start in (0, 1))


def noise_shares(counts):
    r"""How often skip-gram draws each word as noise: in proportion to the power 3/4 of how often it occurs [1]_.

    Introduced in the chapter "Word vectors and text-CNN".

    Parameters
    ----------
    counts : array_like of shape (tokens,)
        How often each token occurs.

    Returns
    -------
    ndarray of shape (tokens,)
        Shares, whose sum is 1.

    Raises
    ------
    ValueError
        If there is no token, or a count is negative, or all are 0.

    References
    ----------
    .. [1] T. Mikolov, I. Sutskever, K. Chen, G. Corrado and J. Dean, "Distributed representations of words and phrases
       and their compositionality", NeurIPS 2013, arXiv:1310.4546.

    Examples
    --------
    >>> noise_shares([1, 16]) * 9
    array([1., 8.])
    """
    counts = as_floats("counts", counts)
    if counts.ndim != 1 or not (counts.size and counts.min() >= 0 and 0 < counts.sum() < np.inf):
        raise ValueError(f"counts must be a list of counts, none negative and not all 0, got {shown(counts)}")
    powers = counts**0.75
    return powers / powers.sum()


def skip_grams(ids, *, window, negatives, rng):
    """List every word with each of its neighbours, and with words drawn as noise.

    The noise is drawn by `noise_shares`; a word that is drawn where it is the neighbour itself is drawn again.
    Introduced in the chapter "Word vectors and text-CNN".

    Parameters
    ----------
    ids : array_like of int of shape (time,)
        The tokens of a text, by their numbers.
    window : int
        How many tokens on each side are neighbours.
    negatives : int
        How many words of noise a pair gets.
    rng : numpy.random.Generator
        Source of the noise.

    Returns
    -------
    words, neighbours : ndarray of int of shape (pairs,)
        The pairs, in the order of the text.
    noise : ndarray of int of shape (pairs, negatives)
        Words that are not the neighbour.

    Raises
    ------
    ValueError
        If the text has not two different tokens, a number is negative, or `window` or `negatives` is not positive.
    TypeError
        If `ids` holds no integers, a number is none, or `rng` is no generator.

    Examples
    --------
    >>> words, neighbours, noise = skip_grams([0, 1, 2], window=1, negatives=2, rng=np.random.default_rng(0))
    >>> words, neighbours, noise.shape
    (array([0, 1, 1, 2]), array([1, 0, 2, 1]), (4, 2))
    """
    ids, window, negatives = (
        as_integers("ids", ids),
        require_count("window", window),
        require_count("negatives", negatives),
    )
    if ids.ndim != 1 or len(np.unique(ids)) < 2 or ids.min() < 0:
        raise ValueError(
            f"ids must have shape (time,), with two different tokens at least, none negative, got {shown(ids)}"
        )
    require_rng(rng)
    steps = np.concatenate([np.arange(-window, 0), np.arange(1, window + 1)])
    places = np.arange(len(ids))[:, None] + steps
    inside = (places >= 0) & (places < len(ids))
    words, neighbours = np.repeat(ids, inside.sum(axis=1)), ids[places[inside]]
    tokens, counts = np.unique(ids, return_counts=True)
    shares = noise_shares(counts)
    noise = rng.choice(tokens, (len(words), negatives), p=shares)
    while (same := noise == neighbours[:, None]).any():
        noise[same] = rng.choice(tokens, same.sum(), p=shares)
    return words, neighbours, noise
