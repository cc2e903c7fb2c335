import numpy as np
import pytest

from dlnotes.text import Vocabulary, windows


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
