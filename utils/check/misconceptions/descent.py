"""One step downhill with momentum (Problem 7)."""

from ..table import misconception


def _step(params, velocity, grads, rate, momentum, sign=-1, old=False):
    v = {name: momentum * velocity[name] + sign * rate * grads[name] for name in params}
    return {name: params[name] + (velocity if old else v)[name] for name in params}, v


_STEP = "momentum_step"
misconception(
    "step-uphill",
    _STEP,
    "Your step goes uphill.",
    "The gradient points to where the loss grows. Where do you want to go?",
)(lambda p, v, g, rate, m: _step(p, v, g, rate, m, sign=1))
misconception(
    "old-velocity",
    _STEP,
    "The parameters moved by the old velocity.",
    "Which comes first: the new velocity, or the new parameters?",
)(lambda p, v, g, rate, m: _step(p, v, g, rate, m, old=True))
misconception(
    "momentum-forgotten",
    _STEP,
    "The speed of the last step was not used.",
    "What does the ball do with the speed it has?",
)(lambda p, v, g, rate, m: _step(p, v, g, rate, 0.0))
misconception(
    "momentum-swapped",
    _STEP,
    "Momentum and learning rate changed their roles.",
    "Which of the two is multiplied with the gradient?",
)(lambda p, v, g, rate, m: _step(p, v, g, m, rate))
misconception(
    "velocity-subtracted",
    _STEP,
    "You subtracted the velocity.",
    "The minus is already in the velocity. Does it come twice?",
)(lambda p, v, g, rate, m: ({k: p[k] - _step(p, v, g, rate, m)[1][k] for k in p}, _step(p, v, g, rate, m)[1]))
misconception("results-swapped", _STEP, "The two dictionaries changed places.", "In which order are they returned?")(
    lambda p, v, g, rate, m: _step(p, v, g, rate, m)[::-1]
)
misconception(
    "momentum-averaged",
    _STEP,
    "You weighted the gradient with 1 - momentum, too.",
    "That is another kind of momentum. What stands before g in the formula here?",
)(lambda p, v, g, rate, m: _step(p, v, g, (1 - m) * rate, m))


def _rate_outside(p, v, g, rate, m):
    new = {k: m * v[k] - g[k] for k in p}
    return {k: p[k] + rate * new[k] for k in p}, new


misconception(
    "rate-on-velocity",
    _STEP,
    "The learning rate stands before the velocity.",
    "In the formula, what is multiplied by the learning rate?",
)(_rate_outside)
