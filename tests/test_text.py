import numpy as np
import pytest

from dlnotes.text import Vocabulary, noise_shares, skip_grams, windows


def test_a_vocabulary_numbers_its_tokens_in_order():
    vocabulary = Vocabulary("banana")
    assert vocabulary.tokens == ("a", "b", "n")
    assert len(vocabulary) == 3
    ids = vocabulary.encode("banana")
    assert ids.dtype == np.int64
    np.testing.assert_array_equal(ids, [1, 0, 2, 0, 2, 0])


@pytest.mark.parametrize("text", ["pride and prejudice — 傲慢与偏见", ["it", "is", "a", "truth"]])
def test_decode_turns_encode_round(text):
    vocabulary = Vocabulary(text)
    assert vocabulary.decode(vocabulary.encode(text)) == list(text)
    assert vocabulary.decode(vocabulary.encode(text).tolist()) == list(text)


def test_nothing_is_encoded_and_decoded_too():
    vocabulary = Vocabulary("ab")
    assert vocabulary.encode("").shape == (0,)
    assert vocabulary.decode(vocabulary.encode("")) == []
    assert vocabulary.decode([]) == []
    assert vocabulary.decode([1]) == ["b"]
    with pytest.raises(ValueError, match="with more than 1 tokens"):
        windows([], 1)


@pytest.mark.parametrize(("tokens", "known", "named"), [("ab", "abc?", "'c'"), (["it", "is"], ["it", "was"], "'was'")])
def test_a_token_without_a_number_is_named(tokens, known, named):
    with pytest.raises(ValueError, match=rf"^the token {named} is not one of the 2 tokens of the vocabulary$"):
        Vocabulary(tokens).encode(known)


@pytest.mark.parametrize(
    ("ids", "error", "says"),
    [
        ([0, 2], ValueError, r"ids must lie from 0 to 1, got 0 to 2"),
        ([-1, 1], ValueError, r"ids must lie from 0 to 1, got -1 to 1"),
        ([[0, 1]], ValueError, r"ids must have shape \(time,\), got \(1, 2\)"),
        ([0.0], TypeError, "ids must hold integers, got an array of dtype float64"),
    ],
)
def test_what_is_no_number_of_a_token_is_refused(ids, error, says):
    with pytest.raises(error, match=f"^{says}$"):
        Vocabulary("ab").decode(ids)


def test_a_vocabulary_needs_tokens_that_are_texts():
    with pytest.raises(ValueError, match="with at least one token, got an empty one"):
        Vocabulary("")
    with pytest.raises(TypeError, match="a token must be a text, a character or a word, got 3"):
        Vocabulary([3])


@pytest.mark.parametrize(("time", "count"), [(4, 1), (6, 1), (7, 2), (8, 2), (31, 10)])
def test_the_target_of_a_token_is_the_next_one(time, count):
    ids = 10 * np.arange(time)
    x, y = windows(ids, 3)
    assert x.shape == y.shape == (count, 3)
    np.testing.assert_array_equal(x.ravel(), ids[: 3 * count])
    np.testing.assert_array_equal(y.ravel(), ids[1 : 3 * count + 1])
    assert not np.may_share_memory(x, ids)
    assert not np.may_share_memory(y, ids)


@pytest.mark.parametrize(
    ("ids", "length", "error", "says"),
    [
        (
            [1, 2, 3],
            3,
            ValueError,
            r"ids must have shape \(time,\), with more than 3 tokens for such windows, got \(3,\)",
        ),
        (
            [[1, 2]],
            1,
            ValueError,
            r"ids must have shape \(time,\), with more than 1 tokens for such windows, got \(1, 2\)",
        ),
        ([1.0, 2.0], 1, TypeError, "ids must hold integers, got an array of dtype float64"),
        ([1, 2], 0, ValueError, "length must be an integer of at least 1, got 0"),
        ([1, 2], 1.0, TypeError, "length must be an integer of at least 1, got 1.0"),
    ],
)
def test_windows_say_what_does_not_fit(ids, length, error, says):
    with pytest.raises(error, match=f"^{says}$"):
        windows(ids, length)


def test_noise_is_drawn_by_the_power_three_quarters():
    np.testing.assert_allclose(noise_shares([1, 16]), [1 / 9, 8 / 9], rtol=1e-14)  # by the root: 1/5, 4/5
    np.testing.assert_allclose(noise_shares(np.array([0, 81, 0])), [0, 1, 0])


@pytest.mark.parametrize("counts", [[], [0, 0], [-1, 2], [[1, 2]], 3, [np.inf, 1], [np.nan]])
def test_shares_need_counts(counts):
    with pytest.raises(ValueError, match="counts must be a list of counts, none negative and not all 0"):
        noise_shares(counts)


def test_skip_grams_lists_every_pair_of_neighbours_once(rng):
    ids = rng.integers(6, size=40)
    words, neighbours, noise = skip_grams(ids, window=3, negatives=2, rng=rng)
    pairs = [
        (ids[t], ids[j]) for t in range(40) for j in range(max(0, t - 3), min(40, t + 4)) if j != t
    ]  # in the order of the text
    np.testing.assert_array_equal(np.stack([words, neighbours], axis=1), pairs)
    assert noise.shape == (len(pairs), 2)


def test_the_noise_of_a_pair_is_never_its_neighbour(rng):
    ids = np.array([5, 2] * 50 + [5, 5, 7])
    _, neighbours, noise = skip_grams(ids, window=2, negatives=4, rng=rng)
    assert not (noise == neighbours[:, None]).any()
    assert set(noise.ravel().tolist()) == {2, 5, 7}


def test_the_noise_has_its_shares(rng):
    ids = np.repeat([0, 1, 2], [1, 16, 81])
    _, neighbours, noise = skip_grams(ids, window=40, negatives=5, rng=rng)
    drawn = noise[neighbours == 2]
    assert set(np.unique(drawn)) == {0, 1}
    assert np.mean(drawn == 1) == pytest.approx(8 / 9, abs=0.01)  # shares 1, 8, 27 without the last


def test_the_same_seed_draws_the_same_noise():
    one, other = (skip_grams([0, 1, 2, 1], window=1, negatives=3, rng=np.random.default_rng(4)) for _ in range(2))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_window_may_be_longer_than_the_text(rng):
    words, neighbours, _ = skip_grams([0, 1], window=9, negatives=1, rng=rng)
    assert (words.tolist(), neighbours.tolist()) == ([0, 1], [1, 0])


@pytest.mark.parametrize(
    ("ids", "options", "error", "says"),
    [
        ([3, 3, 3], {}, ValueError, "with two different tokens at least, none negative, got"),
        ([-1, 3], {}, ValueError, "with two different tokens at least, none negative, got"),
        ([[1, 2]], {}, ValueError, r"ids must have shape \(time,\)"),
        ([], {}, ValueError, r"ids must have shape \(time,\)"),
        ([1.0, 2.0], {}, TypeError, "ids must hold integers"),
        ([1, 2], {"window": 0}, ValueError, "window must be an integer of at least 1, got 0"),
        ([1, 2], {"negatives": 0}, ValueError, "negatives must be an integer of at least 1, got 0"),
        ([1, 2], {"rng": 0}, TypeError, "rng must be a numpy.random.Generator"),
    ],
)
def test_skip_grams_say_what_does_not_fit(ids, options, error, says, rng):
    with pytest.raises(error, match=says):
        skip_grams(ids, **{"window": 1, "negatives": 1, "rng": rng, **options})
