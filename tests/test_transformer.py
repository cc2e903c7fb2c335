import numpy as np
import pytest

from dlnotes.attention import causal_mask, multi_head_attention
from dlnotes.datasets import pride_and_prejudice, trained_parameters
from dlnotes.gradient_check import check_gradients, numerical_gradient
from dlnotes.losses import cross_entropy
from dlnotes.normalization import layer_norm
from dlnotes.text import Vocabulary
from dlnotes.training import loss_and_gradients
from dlnotes.transformer import (
    DecoderBlock,
    add_positions,
    causal_attention,
    language_model,
    positional_encoding,
    transformer_block,
)

# Positions


def test_positions_by_hand():
    p = positional_encoding(4, 8)[3]
    angles = np.array([3, 0.3, 0.03, 0.003])
    np.testing.assert_allclose(p[::2], np.sin(angles), rtol=1e-13)
    np.testing.assert_allclose(p[1::2], np.cos(angles), rtol=1e-13)
    np.testing.assert_allclose(p[::2] ** 2 + p[1::2] ** 2, 1, rtol=1e-14)  # else .9326, 1.0009, 1, 1


def test_place_0_comes_first():
    np.testing.assert_array_equal(positional_encoding(2, 6)[0], [0, 1, 0, 1, 0, 1])
    assert positional_encoding(1, 2).shape == (1, 2)


def test_a_shift_is_the_same_rotation_at_every_place():
    P = positional_encoding(40, 10)
    for k in (1, 7):
        R, *_ = np.linalg.lstsq(P[:-k], P[k:], rcond=None)
        np.testing.assert_allclose(P[:-k] @ R, P[k:], atol=1e-9)
        near = (P[:-k] * P[k:]).sum(axis=1)
        np.testing.assert_allclose(near, near[0], rtol=1e-12)


@pytest.mark.parametrize(
    ("time", "features", "error", "says"),
    [
        (4, 7, ValueError, "features must be even, a sine and a cosine for each frequency, got 7"),
        (0, 8, ValueError, "time must be an integer of at least 1"),
        (4, 0, ValueError, "features must be an integer of at least 1"),
        (4.0, 8, TypeError, "time must be an integer"),
    ],
)
def test_positions_that_can_not_be(time, features, error, says):
    with pytest.raises(error, match=says):
        positional_encoding(time, features)


@pytest.mark.parametrize(
    ("x", "P"), [((2, 3), (3, 4)), ((2, 3, 4), (2, 4)), ((2, 3, 4), (3, 5)), ((2, 3, 4), (4,)), ((2, 3, 4), (1, 3, 4))]
)
def test_places_that_do_not_fit_are_refused(x, P):
    says = r"with a row for each time step, got x \(2, 3.*\) and P \("
    with pytest.raises(ValueError, match=says):
        add_positions(np.ones(x), np.ones(P))


def test_a_place_is_shared_by_the_batch(rng):
    x, P, dy = rng.standard_normal((5, 2, 3)), rng.standard_normal((4, 3)), rng.standard_normal((5, 2, 3))
    y, backward = add_positions(x, P)
    np.testing.assert_array_equal(y[3, 1], x[3, 1] + P[1])
    dx, dP = backward(dy)
    np.testing.assert_array_equal(dx, dy)
    np.testing.assert_allclose(dP[:2], dy.sum(axis=0))
    np.testing.assert_array_equal(dP[2:], 0)


# Layer norm, as the chapter works it by hand


def test_layer_norm_by_hand():
    y, backward = layer_norm(np.array([1.0, 2, 3, 4]), np.ones(4), np.zeros(4), epsilon=1e-30)
    np.testing.assert_allclose(y.round(4), [-1.3416, -0.4472, 0.4472, 1.3416])
    assert (y**2).mean() == pytest.approx(1, rel=1e-12)  # with n - 1: 0.75
    dx, *_ = backward(np.array([1.0, 0, 0, 0]))
    np.testing.assert_allclose(dx.round(4), [0.2683, -0.3578, -0.0894, 0.1789])


# Blocks


def test_causal_attention_is_attention_with_the_mask(rng):
    x, W = rng.standard_normal((2, 5, 6)), rng.standard_normal((4, 6, 6))
    y, _ = causal_attention(x, *W, heads=3)
    wanted, _ = multi_head_attention(x, *W, heads=3, mask=causal_mask(5))
    np.testing.assert_array_equal(y, wanted)


@pytest.mark.parametrize("shape", [(3, 4), (2, 0, 4), (4,)])
def test_what_is_no_sequence_is_refused(shape):
    with pytest.raises(ValueError, match=r"x must have shape \(batch, time, features\)"):
        causal_attention(np.ones(shape), *np.ones((4, 4, 4)), heads=2)


def changed_places(network, x, place, *more):
    """The places whose value depends on one place of the input."""
    other = x.copy()
    other[:, place, 0] += 1  # one feature, as the norm takes out a common shift
    difference = np.abs(network(other, *more)[0] - network(x, *more)[0]).max(axis=(0, 2))
    return np.flatnonzero(difference > 1e-12).tolist()


def test_who_hears_whom(rng):
    x, memory = rng.standard_normal((2, 5, 8)), rng.standard_normal((2, 3, 8))
    assert changed_places(transformer_block(8, 2, rng), x, 2) == [0, 1, 2, 3, 4]
    assert changed_places(transformer_block(8, 2, rng, causal=True), x, 2) == [2, 3, 4]
    decoder = DecoderBlock(8, 2, rng)
    assert changed_places(decoder, x, 2, memory) == [2, 3, 4]
    assert changed_places(lambda memory: decoder(x, memory), memory, 1) == [0, 1, 2, 3, 4]  # five queries see it


def test_the_block_is_its_equation(rng):
    block, x = transformer_block(6, 3, rng), rng.standard_normal((2, 4, 6))
    gain_1, shift_1, *W, gain_2, shift_2, W_1, b_1, W_2, b_2 = block.parameters
    middle = x + multi_head_attention(layer_norm(x, gain_1, shift_1)[0], *W, heads=3)[0]
    hidden = np.maximum(layer_norm(middle, gain_2, shift_2)[0] @ W_1.T + b_1, 0)
    np.testing.assert_allclose(block(x)[0], middle + hidden @ W_2.T + b_2, rtol=1e-12)
    assert W_1.shape == (24, 6)


def test_the_gradient_of_the_stream_comes_back_as_it_is_where_the_branches_add_nothing(rng):
    block = transformer_block(6, 3, rng)
    for p in block.parameters:
        p[...] = 0
    x, dy = rng.standard_normal((2, 2, 4, 6))
    y, backward = block(x)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(backward(dy)[0], dy)


@pytest.mark.parametrize("seed", [0, 1])
def test_gradients_of_the_parameters_of_a_decoder_block(seed):
    rng = np.random.default_rng(seed)
    block = DecoderBlock(4, 2, rng)
    x, memory, dy = rng.standard_normal((1, 3, 4)), rng.standard_normal((1, 2, 4)), rng.standard_normal((1, 3, 4))
    _, backward = block(x, memory)
    _, _, *gradients = backward(dy)
    assert len(gradients) == len(block.parameters) == 18
    for parameter, gradient in zip(block.parameters, gradients, strict=True):

        def value(p, parameter=parameter):
            kept, parameter[...] = parameter.copy(), p
            y, _ = block(x, memory)
            parameter[...] = kept
            return (y * dy).sum()

        np.testing.assert_allclose(gradient, numerical_gradient(value, parameter.copy()), rtol=1e-6, atol=1e-8)


def test_gradients_of_stream_and_memory(rng):
    block = DecoderBlock(4, 2, rng)

    def reading(x, memory):
        y, backward = block(x, memory)
        return y, lambda dy: backward(dy)[:2]

    assert check_gradients(reading, rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 5, 4)), rng=rng) < 1e-6


def test_dropout_in_training_only(rng):
    x = rng.standard_normal((1, 3, 8))
    for make, inputs in [(transformer_block, (x,)), (DecoderBlock, (x, x))]:
        network = make(8, 2, np.random.default_rng(0), rate=0.5)
        np.testing.assert_array_equal(network(*inputs)[0], network(*inputs)[0])
        assert not np.allclose(network(*inputs, training=True)[0], network(*inputs, training=True)[0])


def test_cross_attention_is_dropped_out_too(rng):
    decoder = DecoderBlock(8, 2, np.random.default_rng(0), rate=0.5)
    for part in (decoder.own, decoder.thought):
        for p in part.parameters:
            p[...] = 0
    x = rng.standard_normal((1, 3, 8))
    added = decoder(x, x, training=True)[0] - x
    assert 0 < np.isclose(added, 0, atol=1e-12).sum() < added.size


@pytest.mark.parametrize("make", [transformer_block, DecoderBlock])
def test_heads_divide_the_width(make, rng):
    with pytest.raises(ValueError, match="heads must divide the width, 8, got 3"):
        make(8, 3, rng)
    with pytest.raises(ValueError, match="heads must be an integer of at least 1"):
        make(8, 0, rng)


# The whole model


def test_gradients_of_a_whole_model(rng):
    model = language_model(5, width=4, heads=2, blocks=2, time=6, rng=rng)
    tokens, following = rng.integers(5, size=(2, 3, 4))
    _, gradients = loss_and_gradients(model, cross_entropy, tokens, following)
    for parameter, gradient in zip(model.parameters, gradients, strict=True):

        def value(p, parameter=parameter):
            kept, parameter[...] = parameter.copy(), p
            loss, _ = cross_entropy(model(tokens)[0], following)
            parameter[...] = kept
            return loss

        np.testing.assert_allclose(gradient, numerical_gradient(value, parameter.copy()), rtol=1e-5, atol=1e-8)


def test_a_model_predicts_from_what_came_before(rng):
    model = language_model(5, width=8, heads=2, blocks=2, time=6, rng=rng, dtype=np.float32)
    tokens = rng.integers(5, size=(3, 6))
    whole, _ = model(tokens)
    assert whole.dtype == np.float32
    np.testing.assert_allclose(model(tokens[:, :4])[0], whole[:, :4], atol=1e-5)


def test_a_model_knows_the_order(rng):
    model = language_model(5, width=8, heads=2, blocks=1, time=4, rng=rng)
    there, back = (model(np.array([tokens]))[0][0, -1] for tokens in ([1, 2, 3, 4], [2, 1, 3, 4]))
    assert not np.allclose(there, back)
    model.layers[1].parameters[0][...] = 0
    there, back = (model(np.array([tokens]))[0][0, -1] for tokens in ([1, 2, 3, 4], [2, 1, 3, 4]))
    np.testing.assert_allclose(there, back, rtol=1e-12)  # one block, no positions: a set of tokens


@pytest.mark.parametrize("name", ["tokens", "blocks", "time"])
def test_sizes_are_counts(name, rng):
    sizes = {"tokens": 5, "width": 4, "heads": 2, "blocks": 1, "time": 3, name: 0}
    with pytest.raises(ValueError, match=f"{name} must be an integer of at least 1"):
        language_model(**sizes, rng=rng)


# The two that are bundled


def trained(name, *sizes):
    model = language_model(*sizes, np.random.default_rng(0), dtype=np.float32)
    for own, stored in zip(model.parameters, trained_parameters(name), strict=True):
        assert own.shape == stored.shape
        assert stored.dtype == np.float32
        own[...] = stored
    return model


def test_the_adder_adds(rng):
    model = trained("adder", 12, 48, 3, 1, 11)
    a, b = rng.integers(1000, size=(2, 3000))
    s = a + b
    tokens = np.stack([
        a // 100, a // 10 % 10, a % 10, np.full_like(a, 10), b // 100, b // 10 % 10, b % 10, np.full_like(a, 11),
        s % 10, s // 10 % 10, s // 100 % 10, s // 1000,
    ], axis=1)  # fmt: skip
    z, _ = model(tokens[:, :-1])
    best, second = np.sort(z[:, 7:], axis=2)[..., :-3:-1].transpose(2, 0, 1)
    np.testing.assert_array_equal(z[:, 7:].argmax(axis=2), tokens[:, 8:])
    assert (best - second).min() > 5  # far beyond all rounding


def test_the_novelist_has_read():
    text = pride_and_prejudice()
    ids = Vocabulary(text).encode(text)[-68_000:]
    model = trained("novelist", 38, 64, 4, 2, 64)
    x, y = (ids[i : 640 * 50 + i].reshape(500, 64)[::10] for i in (0, 1))
    loss, _ = cross_entropy(model(x)[0], y)
    assert loss / np.log(2) < 2.1


def test_only_those_two():
    with pytest.raises(ValueError, match='name must be "adder" or "novelist", got \'poet\''):
        trained_parameters("poet")
