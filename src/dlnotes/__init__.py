"""The operations of deep learning, each with its hand-derived backward map.

Every operation is a function that returns its value and the map that carries a gradient back::

    y, backward = operation(x, *parameters, **options)
    dx, *dparameters = backward(dy)

The modules follow topics: `activations`, `losses` and `dense` hold the mathematics, `layers`, `optimizers`
and `training` put operations together and train them, `gradient_check` tests them, `explore` draws them.
"""
