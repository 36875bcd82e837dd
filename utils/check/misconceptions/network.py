"""A small CNN: its counts, its loss, its backward pass, one step downhill (Problem 7)."""

import numpy as np

import utils

from ..references import network as right
from ..table import misconception

_POOL = "How large is the image after the second pooling, and how many channels has it?"
misconception("pooling-forgotten", "dense_inputs", "You counted the pixels before pooling.", _POOL)(
    lambda size, channels, poolings: size**2 * channels
)
misconception("one-pooling-forgotten", "dense_inputs", "One of the two poolings was not counted.", _POOL)(
    lambda size, channels, poolings: (size // 2 ** (poolings - 1)) ** 2 * channels
)
misconception("channels-not-counted", "dense_inputs", "You counted the pixels of one channel.", _POOL)(
    lambda size, channels, poolings: (size // 2**poolings) ** 2
)


def _count(size, f1, f2, classes, norm=True, dense_bias=True, conv_bias=False, channels=True, two_per_norm=True):
    convolutions = 9 * f1 + 9 * (f1 if channels else 1) * f2 + (f1 + f2 if conv_bias else 0)
    norms = (2 if two_per_norm else 1) * (f1 + f2) if norm else 0
    return convolutions + norms + ((size // 4) ** 2 * f2 + dense_bias) * classes


for _name, _says, _asks, _change in [
    ("bn-not-counted", "BatchNorm's numbers are missing.",
     "What does BatchNorm learn for each channel?", {"norm": False}),
    ("gamma-or-beta-forgotten", "BatchNorm has one number for each channel in your count.",
     "What does BatchNorm learn for each channel?", {"two_per_norm": False}),
    ("bias-not-counted", "The biases of the dense layer are missing.",
     "The dense layer adds one number to each output. How many?", {"dense_bias": False}),
    ("bias-counted-anyway", "You counted biases for the convolutions.",
     "Does the plan give the convolutions a bias?", {"conv_bias": True}),
    ("channels-not-counted", "A filter of the second convolution has more than 9 numbers.",
     "How many channels go into the second convolution?", {"channels": False}),
]:  # fmt: skip
    misconception(_name, "network_parameters", _says, _asks)(
        lambda size, f1, f2, classes, change=_change: _count(size, f1, f2, classes, **change)
    )

misconception(
    "mask-from-gradient",
    "relu_grad",
    "You looked at the sign of the gradient.",
    "The slope of ReLU depends on a number. Which one?",
)(lambda g, x: g * (g > 0))
misconception(
    "relu-of-gradient",
    "relu_grad",
    "You cut off the negative gradients, too.",
    "May the gradient of a positive x be negative?",
)(lambda g, x: np.maximum(g, 0) * (x > 0))
misconception(
    "upstream-ones",
    "relu_grad",
    "You returned the slopes; the gradient from above was not used.",
    "If one output matters twice as much to the loss as another, where does your code notice?",
)(lambda g, x: 1.0 * (x > 0))
misconception(
    "no-relu-backward",
    "relu_grad",
    "Every gradient passes, also where x is negative.",
    "What does ReLU do to x = -3.01 and to x = -2.99?",
)(lambda g, x: 1 * g)
misconception(
    "gradient-times-x",
    "relu_grad",
    "You multiplied by the output of ReLU.",
    "For x = 3: if x grows by 1, by how much does the output grow?",
)(lambda g, x: g * np.maximum(x, 0))
misconception(
    "mask-upside-down",
    "relu_grad",
    "The gradient passes where x is negative.",
    "Which numbers does ReLU keep?",
)(lambda g, x: g * (x <= 0))

_FIRST = "What is the probability of each digit, and what is minus its natural logarithm?"
misconception(
    "loss-starts-at-zero", "loss_of_equal_logits", "A loss of 0 means: always sure, and always right.", _FIRST
)(lambda classes: 0.0)
misconception("probability-not-loss", "loss_of_equal_logits", "This is the probability.", _FIRST)(
    lambda classes: 1 / classes
)
misconception("log10-not-ln", "loss_of_equal_logits", "You took the logarithm with base 10.", _FIRST)(
    lambda classes: float(np.log10(classes))
)
misconception("sign-flipped", "loss_of_equal_logits", "The sign is wrong.", _FIRST)(
    lambda classes: -float(np.log(classes))
)

misconception(
    "rounded-too-soon", "loss_of_equal_logits", "Nearly: four correct digits are asked for.", "What does np.log print?"
)(lambda classes: round(float(np.log(classes)), 1))


def _p(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _plain_p(logits):
    e = np.exp(logits)
    return e / e.sum(axis=1, keepdims=True)


def _picked(table, labels):
    return table[np.arange(len(labels)), labels]


_OVERFLOW = {
    "says": "The exponential of a large logit is too large for a computer: it becomes infinite.",
    "asks": "What may you subtract from a whole row of logits without changing its probabilities?",
}
_LOSS = "cross_entropy"
misconception(
    "summed-not-averaged",
    _LOSS,
    "You added up the losses of the images.",
    "Should a batch of 64 have twice the loss of a batch of 32?",
)(lambda z, t: float(-np.log(_picked(_p(z), t)).sum()))


@misconception("softmax-overflow", _LOSS, **_OVERFLOW)
def plain_softmax(z, t):
    return float(-np.log(_picked(_plain_p(z), t)).mean())


@misconception(
    "one-maximum-for-all",
    _LOSS,
    "You subtracted one maximum from the whole batch.",
    "What becomes of a row whose largest logit lies 1000 below that of another row?",
)
def one_maximum(z, t):
    return plain_log_sum(z - z.max(), t)


@misconception("softmax-overflow", _LOSS, **_OVERFLOW)
def plain_log_sum(z, t):
    return float((np.log(np.exp(z).sum(1)) - _picked(z, t)).mean())


misconception("sign-flipped", _LOSS, "The sign is wrong.", "Is the logarithm of a probability positive or negative?")(
    lambda z, t: float(np.log(_picked(_p(z), t)).mean())
)
misconception(
    "no-softmax", _LOSS, "You took the logits as they are, without softmax.", "Are the logits probabilities?"
)(lambda z, t: float(-_picked(z, t).mean()))
misconception(
    "mean-of-all-classes",
    _LOSS,
    "You averaged over all classes.",
    "Which one probability of each image counts?",
)(lambda z, t: float(-np.log(_p(z)).mean()))
misconception("softmax-over-batch", _LOSS, "Your softmax runs over the batch.", "Which ten numbers must add up to 1?")(
    lambda z, t: float(-np.log(_picked(_p(z.T).T, t)).mean())
)
misconception(
    "probability-not-loss",
    _LOSS,
    "The logarithm is missing.",
    "How large is the loss when the right label has the probability 1?",
)(lambda z, t: float(-_picked(_p(z), t).mean()))
misconception("log10-not-ln", _LOSS, "You took the logarithm with base 10.", "Which logarithm undoes np.exp?")(
    lambda z, t: float(-np.log10(_picked(_p(z), t)).mean())
)
_LABELS = "labels holds one column for each row. What does [:, labels] pick, and what [np.arange(B), labels]?"
misconception("labels-crossed", _LOSS, "From each row you took the labels of all images.", _LABELS)(
    lambda z, t: float(-np.log(_p(z)[:, t]).mean())
)
misconception(
    "softmax-over-everything",
    _LOSS,
    "Your softmax runs over the whole batch at once.",
    "Which numbers must add up to 1: those of one image, or all of them?",
)(lambda z, t: float(-np.log(_picked(_p(z.reshape(1, -1)).reshape(z.shape), t)).mean()))
misconception(
    "log-of-the-mean",
    _LOSS,
    "You took the logarithm of the mean probability.",
    "The loss is a mean over images: of their probabilities, or of their losses?",
)(lambda z, t: float(-np.log(_picked(_p(z), t).mean())))


def _onehot(z, t):
    return np.eye(z.shape[1])[t]


_LOSS_GRAD = "cross_entropy_grad"
misconception(
    "batch-not-divided",
    _LOSS_GRAD,
    "This is the gradient of the sum over the batch.",
    "The loss is a mean over B images. What follows?",
)(lambda z, t: _p(z) - _onehot(z, t))
misconception(
    "divided-by-all-logits",
    _LOSS_GRAD,
    "You divided by the number of all logits, or of classes.",
    "Over what is the loss averaged?",
)(lambda z, t: (_p(z) - _onehot(z, t)) / z.size)
misconception("softmax-overflow", _LOSS_GRAD, **_OVERFLOW)(lambda z, t: (_plain_p(z) - _onehot(z, t)) / len(z))
misconception("wrong-mean", _LOSS_GRAD, "You divided by the number of classes.", "Over what is the loss averaged?")(
    lambda z, t: (_p(z) - _onehot(z, t)) / z.shape[1]
)
misconception(
    "sign-flipped", _LOSS_GRAD, "The sign is wrong.", "If the right logit grows, does the loss grow or fall?"
)(lambda z, t: (_onehot(z, t) - _p(z)) / len(z))
misconception(
    "onehot-forgotten",
    _LOSS_GRAD,
    "You returned the probabilities; the right label was not subtracted.",
    "If the right logit grows, does the loss grow or fall?",
)(lambda z, t: _p(z) / len(z))
misconception(
    "no-softmax",
    _LOSS_GRAD,
    "You took the logits as they are, without softmax.",
    "What do the numbers p in the formula add up to?",
)(lambda z, t: (z - _onehot(z, t)) / len(z))
misconception(
    "softmax-over-batch",
    _LOSS_GRAD,
    "Your softmax runs over the batch.",
    "Which ten numbers must add up to 1?",
)(lambda z, t: (_p(z.T).T - _onehot(z, t)) / len(z))
misconception(
    "onehot-added",
    _LOSS_GRAD,
    "You added 1 at the right label.",
    "If the right logit grows, does the loss grow or fall?",
)(lambda z, t: (_p(z) + _onehot(z, t)) / len(z))
misconception("labels-crossed", _LOSS_GRAD, "In each row you subtracted 1 at the labels of all images.", _LABELS)(
    lambda z, t: (_p(z) - (_onehot(z, t).sum(0) > 0)) / len(z)
)


def _shared_pool_grad(g, x):
    """Max pooling's gradient where equal pixels share; without ReLU's gradient, its zeros are the equal ones."""
    B, H, W, C = x.shape
    windows = x.reshape(B, H // 2, 2, W // 2, 2, C)
    winners = windows == windows.max((2, 4), keepdims=True)
    return (winners / winners.sum((2, 4), keepdims=True) * g[:, :, None, :, None]).reshape(x.shape)


def _gradients(
    params, x, labels, mean=True, constant=False, relu="21", mask="n", norm="c", swapped=False, bias_mean=False,
    shared=False,
):  # fmt: skip
    """The backward pass with one piece left out, or with one piece in the place of another."""
    logits, s = right.network(params, x)
    g = right.cross_entropy_grad(logits, labels) * (1 if mean else len(x))
    grads = {"w3": s["p2"].reshape(len(x), -1).T @ g, "b3": g.mean(0) if bias_mean else g.sum(0)}
    g = (g @ params["w3"].T).reshape(s["p2"].shape)
    for block in ("2", "1"):
        g = _shared_pool_grad(g, s["r" + block]) if shared else utils.max_pool2d_grad(g, s["r" + block], 2)
        if block in relu:
            g = right.relu_grad(g, s[mask + block])
        gamma, c, w = params["gamma" + block], s[norm + block], params["w" + block]
        full, *rest = utils.batch_norm_grad(g, c, gamma)
        grads["gamma" + block], grads["beta" + block] = rest[::-1] if swapped else rest
        g = g * gamma / np.sqrt(c.var((0, 1, 2)) + 1e-5) if constant else full
        grads["w" + block] = utils.conv2d_grad_weight(g, s["x" + block], w.shape, padding=1)
        g = utils.conv2d_grad_input(g, w, s["x" + block].shape, padding=1)
    return {name: grads[name] for name in params}


def _wrong_gradients(name, **change):
    def wrong(params, x, labels):
        return _gradients(params, x, labels, **change)

    wrong.__qualname__ = f"{name} {change}"  # the table tells wrong functions apart by their names
    return wrong


for _name, _says, _asks, _change in [
    ("no-relu-backward", "The gradient did not pass back through ReLU.",
     "Which lines of forward have no line in your backward pass?", {"relu": ""}),
    ("no-relu-backward-second-block", "In the second block the gradient did not pass back through ReLU.",
     "Which lines of forward have no line in your backward pass?", {"relu": "1"}),
    ("no-relu-backward-first-block", "In the first block the gradient did not pass back through ReLU.",
     "Which lines of forward have no line in your backward pass?", {"relu": "2"}),
    ("relu-mask-before-norm", "ReLU's gradient looked at the numbers before BatchNorm.",
     "What went into relu in the forward pass?", {"mask": "c"}),
    ("norm-of-normalized", "BatchNorm's gradient looked at the numbers after BatchNorm.",
     "What went into batch_norm in the forward pass?", {"norm": "n"}),
    ("bn-gamma-beta-swapped", "The gradients of gamma and beta changed places.",
     "In which order does batch_norm_grad return its three results?", {"swapped": True}),
    ("bias-averaged", "For b3 you averaged over the batch.",
     "One bias is used by all images. Do arrows that come back add up, or do they average?", {"bias_mean": True}),
    ("batch-not-divided", "Your gradient is B times too large.",
     "The loss is a mean over the batch. Which function knows that?", {"mean": False}),
    ("bn-stats-constant", "BatchNorm's mean and variance were treated as constants.",
     "If one input grows, what happens to the mean, and to all the other outputs?", {"constant": True}),
]:  # fmt: skip
    for _shared in (False, True):
        misconception(_name, "network_gradients", _says, _asks)(_wrong_gradients(_name, shared=_shared, **_change))
misconception(
    "sign-flipped",
    "network_gradients",
    "All signs are wrong.",
    "Does the gradient point uphill or downhill? Where is the step made?",
)(lambda params, x, labels: {name: -g for name, g in right.network_gradients(params, x, labels).items()})
