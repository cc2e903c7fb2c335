"""What the two players of a generative adversarial network promise."""

import re
from itertools import pairwise

import numpy as np
import pytest

from dlnotes.activations import leaky_relu, sigmoid
from dlnotes.adversarial import discriminator_step, generator_loss, generator_step
from dlnotes.dense import dense
from dlnotes.layers import Layer, Sequential
from dlnotes.losses import binary_cross_entropy
from dlnotes.optimizers import SGD, Adam


def network(*sizes, rng):
    layers = []
    for inputs, outputs in pairwise(sizes):
        layers += [Layer(dense, rng.standard_normal((outputs, inputs)), np.zeros(outputs)), leaky_relu]
    return Sequential(*layers[:-1])


@pytest.fixture
def players(rng):
    return network(2, 5, 4, 3, rng=rng), network(3, 4, 1, rng=rng)  # of unlike length


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def copies(player):
    return [p.copy() for p in player.parameters]


def unchanged(player, before):
    return [np.array_equal(p, old) for p, old in zip(player.parameters, before, strict=True)]


@pytest.mark.parametrize(("saturating", "slope"), [(True, -0.0025), (False, -0.9975)])
def test_the_slopes_where_the_discriminator_is_sure_of_a_forgery(saturating, slope):
    _, backward = generator_loss(np.array([-6.0]), saturating=saturating)

    assert backward().round(4) == [slope]


@pytest.mark.parametrize(("saturating", "value"), [(True, np.log(1 - 0.8)), (False, -np.log(0.8))])
def test_the_values_at_a_score_by_hand(saturating, value):
    loss, _ = generator_loss(np.array([[np.log(4.0)], [np.log(4.0)]]), saturating=saturating)  # the sigmoid is 0.8

    assert np.isclose(loss, value)


def test_the_default_is_the_loss_of_a_discriminator_that_is_to_say_real():
    z = np.linspace(-9, 9, 7)[:, None]

    assert np.isclose(generator_loss(z)[0], binary_cross_entropy(z, np.ones_like(z))[0])
    assert np.isclose(generator_loss(z, saturating=True)[0], -binary_cross_entropy(z, np.zeros_like(z))[0])


def test_both_losses_push_the_same_way_and_differ_by_the_odds():
    z = np.linspace(-9, 9, 7)
    _, sure = generator_loss(z, saturating=True)
    _, usual = generator_loss(z)

    assert np.allclose(sure() / usual(), np.exp(z))
    assert (usual() < 0).all()


@pytest.mark.parametrize("saturating", [True, False])
def test_extreme_scores_do_not_overflow(saturating):
    loss, backward = generator_loss(np.array([-1e5, 1e5]), saturating=saturating)

    assert np.isclose(abs(loss), 5e4)
    assert np.isfinite(backward()).all()


def test_saturating_is_a_flag():
    with pytest.raises(TypeError, match="saturating must be True or False"):
        generator_loss(np.zeros(2), saturating="yes")


def test_the_discriminator_s_step_leaves_the_generator_bit_for_bit(players, rng):
    G, D = players
    before_G, before_D = copies(G), copies(D)

    discriminator_step(D, Adam(0.1), rng.standard_normal((6, 3)), G(rng.standard_normal((6, 2)))[0])

    assert all(unchanged(G, before_G))
    assert not any(unchanged(D, before_D))


@pytest.mark.parametrize("saturating", [True, False])
def test_the_generator_s_step_leaves_the_discriminator_bit_for_bit(players, rng, saturating):
    G, D = players
    before_G, before_D = copies(G), copies(D)

    generator_step(G, D, Adam(0.1), rng.standard_normal((6, 2)), saturating=saturating)

    assert not any(unchanged(G, before_G))
    assert all(unchanged(D, before_D))


def test_the_discriminator_calls_real_one_and_generated_zero():
    D = Layer(dense, np.zeros((1, 1)), np.zeros(1))

    loss = discriminator_step(D, SGD(1.0), np.array([[3.0], [5.0]]), np.array([[1.0], [1.0]]))

    assert np.isclose(loss, np.log(2))
    assert np.allclose(D.parameters[0], [[0.75]])  # a mean of 4 samples: (3 + 5)/2 - (1 + 1)/2, over 4


@pytest.mark.parametrize(("saturating", "moved"), [(True, sigmoid(-2.0)[0]), (False, 1 - sigmoid(-2.0)[0])])
def test_the_generator_moves_to_higher_scores(saturating, moved):
    G, D = Layer(dense, np.zeros((1, 1)), np.zeros(1)), Layer(dense, np.ones((1, 1)), np.array([-2.0]))

    loss = generator_step(G, D, SGD(1.0), np.zeros((4, 1)), saturating=saturating)

    assert np.isclose(G.parameters[1][0], moved)
    assert np.isclose(loss, np.log(1 - sigmoid(-2.0)[0]) if saturating else -np.log(sigmoid(-2.0)[0]))


@pytest.mark.parametrize("shape", [(4, 2), (3, 1)])
def test_real_and_generated_samples_must_fit(shape):
    D = Layer(dense, np.zeros((1, 2)), np.zeros(1))

    with pytest.raises(ValueError, match=re.escape(f"same shape, got (3, 2) and {shape}")):
        discriminator_step(D, SGD(1.0), np.zeros((3, 2)), np.zeros(shape))


def test_samples_may_be_lists():
    D = Layer(dense, np.zeros((1, 1)), np.zeros(1))

    assert np.isclose(discriminator_step(D, SGD(1.0), [[3]], [[1]]), np.log(2))
