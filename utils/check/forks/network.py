"""The small network: its backward pass, its first loss, and a step downhill with momentum (Problem 7)."""

from typing import Any

import numpy as np

import utils

from ..references import network as right
from .fork import Fork, program

Array = np.ndarray
Params = dict[str, Array]


@program(
    "network_gradients",
    words="""
no-relu-backward
  The gradient did not pass back through ReLU.
  Which lines of forward have no line in your backward pass?

no-relu-backward = no-relu-backward + ties-shared
  The gradient did not pass back through ReLU.
  Which lines of forward have no line in your backward pass?

ties-shared
  Pixels of a window that are equal share its gradient.
  Which of two equal pixels does max pooling hand on?

no-relu-backward-second-block
  In the second block the gradient did not pass back through ReLU.
  Which lines of forward have no line in your backward pass?

no-relu-backward-second-block = no-relu-backward-second-block + ties-shared
  In the second block the gradient did not pass back through ReLU.
  Which lines of forward have no line in your backward pass?

no-relu-backward-first-block
  In the first block the gradient did not pass back through ReLU.
  Which lines of forward have no line in your backward pass?

no-relu-backward-first-block = no-relu-backward-first-block + ties-shared
  In the first block the gradient did not pass back through ReLU.
  Which lines of forward have no line in your backward pass?

relu-mask-before-norm
  ReLU's gradient looked at the numbers before BatchNorm.
  What went into relu in the forward pass?

norm-of-normalized
  BatchNorm's gradient looked at the numbers after BatchNorm.
  What went into batch_norm in the forward pass?

bn-gamma-beta-swapped
  The gradients of gamma and beta changed places.
  In which order does batch_norm_grad return its three results?

bias-averaged
  For b3 you averaged over the batch.
  One bias is used by all images. Do arrows that come back add up, or do they average?

batch-not-divided
  Your gradient is B times too large.
  The loss is a mean over the batch. Which function knows that?

batch-divided-twice
  Your gradient was divided by B once more.
  The loss is a mean over the batch. Which function knows that already?

bn-stats-constant
  BatchNorm's mean and variance were treated as constants.
  If one input grows, what happens to the mean, and to all the other outputs?

weight-decay
  A part of the weights themselves was added to their gradients (weight decay).
  Does the loss of this question say anything about the size of the weights?
""",
)
def network_gradients(fork: Fork, params: Params, x: Any, labels: Any) -> Params:
    """The forward pass, run backwards, and nothing added."""
    grads = fork.stage(backward, params, x, labels)
    decay = fork("what is added", 0.0, **{f"weight_decay__{i}": d for i, d in enumerate((1e-4, 1e-3, 1e-2, 0.1, 1.0))})
    return {name: grads[name] + decay * params[name] * (name[0] == "w") for name in params}


def backward(fork: Fork, params: Params, x: Any, labels: Any) -> Params:
    """The gradients of the loss."""
    logits, s = fork.stage(forward, params, x)
    g = right.cross_entropy_grad(logits, labels)
    g = fork("the mean over the batch", g, batch_not_divided=lambda: g * len(x), batch_divided_twice=lambda: g / len(x))
    dense = g.mean(0), g.sum(0)
    grads = {
        "w3": s["p2"].reshape(len(x), -1).T @ g,
        "b3": fork("the gradient of b3", dense[1], bias_averaged=dense[0]),
    }
    ties = fork("pixels that are equal", "first", ties_shared="shared")
    skip = fork(
        "back through ReLU", "",
        no_relu_backward="12", no_relu_backward_first_block="1", no_relu_backward_second_block="2",
    )  # fmt: skip
    mask = fork("what ReLU's gradient looks at", "n", relu_mask_before_norm="c")
    norm = fork("what BatchNorm's gradient looks at", "c", norm_of_normalized="n")
    constant = fork("BatchNorm's statistics", False, bn_stats_constant=True)
    g = (g @ params["w3"].T).reshape(s["p2"].shape)
    for block in ("2", "1"):
        rectified = s["r" + block]
        g = _shared_pool_grad(g, rectified) if ties == "shared" else utils.max_pool2d_grad(g, rectified, 2)
        if block not in skip:
            g = right.relu_grad(g, s[mask + block])
        gamma, c, w = params["gamma" + block], s[norm + block], params["w" + block]
        full, *rest = utils.batch_norm_grad(g, c, gamma)
        rest = fork("gamma and beta", rest, bn_gamma_beta_swapped=rest[::-1])
        grads["gamma" + block], grads["beta" + block] = rest
        g = g * gamma / np.sqrt(c.var((0, 1, 2)) + 1e-5) if constant else full
        grads["w" + block] = utils.conv2d_grad_weight(g, s["x" + block], w.shape, padding=1)
        g = utils.conv2d_grad_input(g, w, s["x" + block].shape, padding=1)
    return grads


def forward(fork: Fork, params: Params, x: Any) -> tuple[Array, Params]:
    """The logits, and what each step gave."""
    return right.network(params, x)


def _shared_pool_grad(g: Array, x: Array) -> Array:
    B, H, W, C = x.shape
    windows = x.reshape(B, H // 2, 2, W // 2, 2, C)
    winners = windows == windows.max((2, 4), keepdims=True)
    return (winners / winners.sum((2, 4), keepdims=True) * g[:, :, None, :, None]).reshape(x.shape)


@program(
    "loss_of_equal_logits",
    words="""
loss-starts-at-zero
  A loss of 0 means: always sure, and always right.
  What is the probability of each digit, and what is minus its natural logarithm?

probability-not-loss
  This is the probability.
  What is the probability of each digit, and what is minus its natural logarithm?

log10-not-ln
  This is the logarithm with base 10.
  Which logarithm undoes np.exp?

log2-not-ln
  This is the logarithm with base 2.
  Which logarithm undoes np.exp?

sign-flipped
  The sign is wrong.
  Is the logarithm of a probability positive or negative, and what stands before it?

logarithm-of-being-wrong
  This is the loss for the probability that the network is wrong.
  Which probability stands in the loss: that of the right label, or that of all others?

summed-over-classes
  You added up over all classes.
  Which one probability of an image counts?

rounded-too-soon
  Nearly: four correct digits are asked for.
  What does np.log print?

probability-of-being-wrong
  This is the probability that the network is wrong.
  The loss is minus the logarithm of which probability?

logarithm-turned-around
  You divided by the logarithm.
  What is minus the logarithm of 1/10: the logarithm of 10, or one over it?

exponential-not-logarithm
  You took the exponential; the loss is a logarithm.
  Which function turns a probability into a loss?

classes-miscounted
  This is the loss for another number of classes.
  How many digits are there?

number-not-logarithm
  This is the number of classes; its logarithm is missing.
  What is the probability of each digit, and what is minus its natural logarithm?
""",
)
def loss_of_equal_logits(fork: Fork, classes: int) -> Any:
    """The loss of a network without an opinion."""
    n = classes
    return fork(
        "the loss", float(np.log(n)),
        loss_starts_at_zero=0.0, probability_not_loss=1 / n, log10_not_ln=float(np.log10(n)),
        log2_not_ln=float(np.log2(n)), sign_flipped=-float(np.log(n)), number_not_logarithm=float(n),
        logarithm_of_being_wrong=-float(np.log(1 - 1 / n)), summed_over_classes=float(n * np.log(n)),
        probability_of_being_wrong=1 - 1 / n, logarithm_turned_around=1 / float(np.log(n)),
        exponential_not_logarithm=float(np.exp(1 / n)), exponential_not_logarithm__of_all=float(np.exp(n)),
        classes_miscounted=float(np.log(n - 1)), classes_miscounted__two=float(np.log(2)),
        rounded_too_soon=round(float(np.log(n)), 1), summed_over_classes__weighted=float(np.log(n) / n),
    )  # fmt: skip


@program(
    "momentum_step",
    words="""
step-uphill
  Your step goes uphill.
  The gradient points to where the loss grows. Where do you want to go?

old-velocity
  The parameters moved by the old velocity.
  Which comes first: the new velocity, or the new parameters?

momentum-forgotten
  The speed of the last step was not used.
  What does the ball do with the speed it has?

velocity-in-full
  The old velocity counts in full: momentum was not used.
  What becomes of the speed from step to step, when nothing pulls?

momentum-swapped
  Momentum and learning rate changed their roles.
  Which of the two is multiplied with the gradient?

rate-forgotten
  The learning rate was not used.
  In the formula, what is multiplied by the learning rate?

velocity-subtracted
  You subtracted the velocity.
  The minus is already in the velocity. Does it come twice?

velocity-not-used
  The parameters moved by this gradient alone; the velocity was not used for it.
  What does the ball do with the speed it has?

velocity-of-another-name
  Every parameter moved by the velocity of the same one.
  What stands in your velocity when the loop comes to the second parameter?

results-swapped
  The two dictionaries changed places.
  In which order are they returned?

momentum-averaged
  You weighted the gradient with 1 - momentum, too.
  That is another kind of momentum. What stands before g in the formula here?

momentum-times-gradient
  The gradient's part was multiplied with momentum, too.
  In the formula, what is multiplied by momentum: the velocity alone, or a bracket?

rate-on-velocity = rate-forgotten + step-made-twice
  The learning rate stands before the velocity.
  In the formula, what is multiplied by the learning rate?

velocity-uphill
  Your velocity points uphill and is subtracted: the parameters are right, the velocity has the other sign.
  Which sign does the gradient have in the formula for v?

gradient-used-twice
  The gradient moved the parameters twice: in the velocity, and once more by itself.
  The gradient is already in the velocity. By what do the parameters move?

velocity-not-parameters
  You returned the velocity where the parameters belong.
  The velocity is a step. From where is it made?

old-velocity-returned
  The velocity that you returned is the old one.
  What will the next step find, and what should it find?

nesterov
  You looked ahead: that is Nesterov's momentum.
  By what do the parameters move in the formula here?

step-made-twice
  The learning rate was multiplied twice.
  The new velocity holds the learning rate already. By what do the parameters move?
""",
)
def momentum_step(
    fork: Fork, params: Params, velocity: Params, grads: Params, learning_rate: float, momentum: float
) -> tuple[Params, Params]:
    """The velocity keeps a part of itself and is pulled downhill; the parameters move by it."""
    rate, m = learning_rate, momentum
    keep, pull = fork("momentum and learning rate", (m, rate), momentum_swapped=(rate, m))
    keep = fork(
        "what is kept of the velocity",
        keep,
        momentum_forgotten=0.0,
        velocity_in_full=1.0,
        momentum_averaged__kept=1 - m,
    )
    pulls = {"step_uphill": -pull, "rate_forgotten": 1.0, "momentum_averaged": (1 - m) * pull}
    pulls |= {"momentum_averaged__no_rate": 1 - m, "momentum_times_gradient": m * pull}
    pull = fork("what is before the gradient", pull, **pulls)

    def each(one: Any) -> Params:
        return {name: one(name) for name in params}

    def line(a: float, b: float) -> Params:
        return each(lambda k: a * velocity[k] + b * np.asarray(grads[k]))

    new = line(keep, -pull)
    last = new[list(params)[-1]]
    moves = fork(
        "by what the parameters move", new,
        old_velocity=lambda: velocity, velocity_subtracted=lambda: each(lambda k: -new[k]),
        velocity_not_used=lambda: line(0, -pull), nesterov=lambda: each(lambda k: m * new[k] - rate * grads[k]),
        velocity_of_another_name=lambda: each(lambda k: last), step_made_twice=lambda: each(lambda k: rate * new[k]),
        gradient_used_twice=lambda: each(lambda k: new[k] - rate * grads[k]),
        nesterov__of_the_old=lambda: each(lambda k: (1 + m) * new[k] - m * velocity[k]),
    )  # fmt: skip
    both = each(lambda k: params[k] + moves[k]), new
    uphill, mean = line(m, 1), line(m, 1 - m)
    return fork(
        "the convention", both,
        results_swapped=lambda: both[::-1],
        velocity_not_parameters=lambda: (new, new), old_velocity_returned=lambda: (both[0], velocity),
        rate_on_velocity=lambda: (each(lambda k: params[k] - rate * uphill[k]), line(m, -1)),
        rate_on_velocity__uphill=lambda: (each(lambda k: params[k] - rate * uphill[k]), uphill),
        velocity_uphill__old=lambda: (each(lambda k: params[k] - line(m, rate)[k]), line(m, rate)),
        momentum_averaged__rate_outside=lambda: (each(lambda k: params[k] - rate * mean[k]), mean),
    )  # fmt: skip


@program(
    "relu",
    words="""
negative-part
  This is the negative part.
  What does ReLU make of 3, and what of -3?

absolute-value
  This is the absolute value.
  What does ReLU make of -3?

nothing-cut
  The negative numbers came through.
  What does ReLU make of -3?

slope-not-value
  This is the slope of ReLU.
  What does ReLU make of 3?

leaky
  A part of the negative numbers came through: that is the leaky ReLU.
  What does ReLU make of -3?
""",
)
def relu(fork: Fork, x: Any) -> Array:
    """The positive part."""
    x = np.asarray(x, float)
    return fork(
        "what is kept", np.maximum(x, 0), negative_part=np.minimum(x, 0), absolute_value=np.abs(x),
        nothing_cut=x, slope_not_value=(x > 0).astype(float),
        leaky=np.where(x > 0, x, x / 100), leaky__tenth=np.where(x > 0, x, x / 10),
    )  # fmt: skip
