"""ReLU backward, the cross entropy and its gradient: which maximum, which logarithm, which mean (Problem 7)."""

from typing import Any

import numpy as np

from .evidence import NUMERIC
from .fork import Fork, program

Array = np.ndarray


@program(
    "relu_grad",
    words="""
mask-from-gradient
  You looked at the sign of the gradient.
  The slope of ReLU depends on a number. Which one?

relu-of-gradient
  You cut off the negative gradients, too.
  May the gradient of a positive x be negative?

upstream-ones
  You returned the slopes; the gradient from above was not used.
  If one output matters twice as much to the loss as another, where does your answer show it?

no-relu-backward
  Every gradient passes, also where x is negative.
  What does ReLU do to x = -3.01 and to x = -2.99?

gradient-times-x
  You multiplied by the output of ReLU.
  For x = 3: if x grows by 1, by how much does the output grow?

gradient-times-input
  You multiplied by x itself; there is no mask.
  For x = 3: if x grows by 1, by how much does the output grow?

mask-upside-down
  The gradient passes where x is negative.
  Which numbers does ReLU keep?

relu-itself
  This is the output of ReLU; the gradient from above was not used.
  For x = 3: if x grows by 1, by how much does the output grow, and how much does that matter to the loss?

mask-at-one
  The mask asks whether x is larger than 1; ReLU changes its slope at 0.
  What does ReLU do to x = 0.5?

product-not-mask
  You multiplied with x and cut off at 0; a mask multiplies with 1 or 0.
  For x = 3: if x grows by 1, by how much does the output grow?

x-where-negative
  Where x is negative you left x itself; nothing passes there.
  What does ReLU do to x = -3.01 and to x = -2.99?

masks-exchanged
  You handed on x where the gradient is positive; x and the gradient changed places.
  Which of the two says where something passes, and which one passes?

mask-picks
  You picked the numbers under the mask: the result has lost its shape.
  What does g[x > 0] give, and what does g * (x > 0) give?

sign-not-mask
  Where x is negative you turned the gradient around.
  What does ReLU do to x = -3.01 and to x = -2.99?

leaky-mask
  Where x is negative you let a part of the gradient pass.
  What does ReLU do to x = -3.01 and to x = -2.99?
""",
)  # fmt: skip
def relu_gradient(fork: Fork, grad_output: Any, x: Any) -> Array:
    """The gradient passes where x is positive."""
    g, x = np.asarray(grad_output, float), np.asarray(x, float)
    return fork(
        "where the gradient passes", lambda: g * (x > 0),
        mask_from_gradient=lambda: g * (g > 0), mask_from_gradient__alone=lambda: 1.0 * (g > 0),
        mask_from_gradient__of_x=lambda: x * (g > 0), relu_of_gradient=lambda: np.maximum(g, 0) * (x > 0),
        upstream_ones=lambda: 1.0 * (x > 0), no_relu_backward=lambda: 1.0 * g,
        gradient_times_x=lambda: g * np.maximum(x, 0), gradient_times_input=lambda: g * x,
        mask_upside_down=lambda: g * (x <= 0),
        **{f"leaky_mask__{n}": lambda n=n: np.where(x > 0, g, g / n) for n in (2, 4, 5, 10, 20, 100, 1000)},
        relu_itself=lambda: np.maximum(x, 0), sign_not_mask=lambda: g * np.sign(x),
        mask_at_one=lambda: g * (x > 1), mask_at_one__or_equal=lambda: g * (x >= 1),
        product_not_mask=lambda: np.maximum(g * x, 0), x_where_negative=lambda: np.where(x > 0, g, x),
        masks_exchanged=lambda: np.where(g > 0, x, 0), mask_picks=lambda: g[x > 0],
    )  # fmt: skip


_SOFTMAX = """
softmax-overflow
  The exponential of a large logit is too large for a computer: it becomes infinite.
  What may you subtract from a whole row of logits without changing its probabilities?

one-maximum-for-all
  You subtracted one maximum from the whole batch.
  What becomes of a row whose largest logit lies 1000 below that of another row?

maximum-of-each-class
  You subtracted the maximum of each class over the batch, not the maximum of each row.
  Which ten numbers must add up to 1, and what may be subtracted from all of them?

exponential-forgotten
  The logits were divided by their sum; the exponential is missing.
  Can a probability be negative? What makes of each logit a positive number?

mean-not-sum
  Below the fraction stands the mean of the exponentials, not their sum.
  What must the probabilities of one image add up to?

summed-over-batch
  The sum below the fraction runs over the batch.
  Which ten numbers must add up to 1?

summed-over-everything
  The sum below the fraction runs over the whole batch.
  Which numbers must add up to 1: those of one image, or all of them?

maximum-at-least-zero
  You subtracted the maximum only where it is above 0.
  What becomes of a row whose logits all lie below -1000?

log-of-zero
  A probability became so small that the computer holds it as 0, and the logarithm of 0 is minus infinity.
  log(a / b) is log(a) - log(b). Which logarithm and which exponential undo each other before anything gets lost?

zero-times-infinity
  A probability became so small that the computer holds it as 0; its logarithm times the 0 of a one-hot label is NaN.
  One probability of each image counts. How can you pick it without multiplying all the others by 0?

infinity-replaced
  A probability became 0 in the computer, and something else was put in the place of its infinite loss.
  log(a / b) is log(a) - log(b). Which logarithm and which exponential undo each other before anything gets lost?

logits-cut-off
  Logits far below the largest one were raised to a fixed number, so their loss is too small.
  After the maximum was subtracted, which exponentials can still become too large?

tiny-number-added
  A tiny number was added, or put in the place of 0, against a division by 0 or a logarithm of 0: it changes the result.
  After the maximum was subtracted, how small can the sum of a row become at least?

softmax-over-batch
  Your softmax runs over the batch.
  Which ten numbers must add up to 1?

softmax-over-everything
  Your softmax runs over the whole batch at once.
  Which numbers must add up to 1: those of one image, or all of them?

no-softmax
  You took the logits as they are, without softmax.
  Are the logits probabilities?

hinge-loss
  This belongs to the hinge loss of a support vector machine.
  What is the probability of the right label here, and what is minus its logarithm?
"""


def shifted(fork: Fork, z: Array, axis: int | None) -> Array:
    """The logits, made small enough for the exponential."""
    columns = z - z.max(0, keepdims=True)
    ways = {}
    if axis == 1:  # a maximum that is not set back from row to row
        largest = np.maximum(z.max(1, keepdims=True), 0)
        ways["maximum_at_least_zero__so_far"] = lambda: z - np.maximum.accumulate(largest)
    return fork(
        NUMERIC, z - z.max(axis, keepdims=True), maximum_of_each_class=columns,
        softmax_overflow=z, one_maximum_for_all=z - z.max(),
        maximum_at_least_zero=lambda: z - np.maximum(z.max(axis, keepdims=True), 0), **ways,
    )  # fmt: skip


def summed(fork: Fork, e: Array, axis: int | None) -> Array:
    """The sum of the exponentials by which each row is divided."""
    ways = {}
    if axis == 1:
        ways = {"summed_over_batch": lambda: e.sum(0, keepdims=True), "summed_over_everything": lambda: e.sum()}
    return fork(
        "the sum of a row", e.sum(axis, keepdims=True), mean_not_sum=lambda: e.mean(axis, keepdims=True), **ways
    )


def exponentials(fork: Fork, z: Array, s: Array) -> Array:
    """What is divided by its sum: of the logits, or of the logits that were made smaller."""
    return fork("the exponentials", lambda: np.exp(s), exponential_forgotten=z)


def softmax_axis(fork: Fork) -> int | None:
    """Over which axis the probabilities add up to 1."""
    return fork("what the softmax runs over", 1, softmax_over_batch=0, softmax_over_everything=None)


_TINY = {f"tiny_number_added__{n}": 10.0**-n for n in (4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 20, 100, 300)}
_TINY["tiny_number_added__eps"] = float(np.finfo(float).eps)
_LEAST = (-100, -500, -700)  # logits that are cut off before the exponential


@program(
    "cross_entropy",
    words=_SOFTMAX + """
one-maximum-for-all = one-maximum-for-all + log-of-zero
one-maximum-for-all = one-maximum-for-all + zero-times-infinity
  You subtracted one maximum from the whole batch.
  What becomes of a row whose largest logit lies 1000 below that of another row?

softmax-overflow = softmax-overflow + zero-times-infinity
  The exponential of a large logit is too large for a computer: it becomes infinite.
  What may you subtract from a whole row of logits without changing its probabilities?

maximum-at-least-zero = maximum-at-least-zero + log-of-zero
  You subtracted the maximum only where it is above 0.
  What becomes of a row whose logits all lie below -1000?

one-loss-for-each-image
  You returned the loss of each image; the loss of a batch is one number.
  The loss is a mean over what?

summed-not-averaged
  You added up the losses of the images.
  Should a batch of 64 have twice the loss of a batch of 32?

sign-flipped
  The sign is wrong.
  Is the logarithm of a probability positive or negative?

mean-of-all-classes
  You averaged over all classes.
  Which one probability of each image counts?

divided-by-classes
  You divided by the number of classes as well.
  The loss is a mean over what?

probability-not-loss
  The logarithm is missing.
  How large is the loss when the right label has the probability 1?

divided-by-classes-alone
  You divided by the number of classes; the loss is a mean over the images.
  Over what does the mean run, and how many of them are there?

log10-not-ln
  This is the logarithm with base 10.
  Which logarithm undoes np.exp?

log2-not-ln
  This is the logarithm with base 2.
  Which logarithm undoes np.exp?

logarithm-forgotten
  You subtracted the sum of the exponentials; it should be its logarithm.
  log(a / b) is log(a) - log(b). What is b here?

shifted-once-only
  The maximum was subtracted in one place only: in the sum of exponentials, or from the logit that is left.
  log(exp(z - m) / sum) is what, if you take it apart?

largest-not-label
  You took the probability of the class that the network holds for the likeliest.
  Which class counts: the one that the network prefers, or the right one?

first-row-only
  You looked up every label in the first row.
  Which row belongs to label number i?

label-before
  You looked up the class before the right one.
  Does the first class have the number 0 or 1?

squared-distance
  You took the squared distance between the probabilities and the one-hot labels.
  Which function of the right label's probability is the cross-entropy?

all-classes-summed
  You added up over all classes: the labels were not used.
  Which one probability of each image counts?

entropy-not-cross-entropy
  This is the entropy of the network's own probabilities: the labels were not used.
  Which probability stands before the logarithm: the network's, or that of the labels?

labels-as-numbers
  You multiplied with the labels as numbers: label 2 counts twice, and label 0 not at all.
  A label is the name of a class. Which one entry of its row does it point at?

labels-crossed
  From each row you took the labels of all images.
  labels holds one column for each row. What does [:, labels] pick, and what [np.arange(B), labels]?

logarithm-of-being-wrong
  You took the logarithm of the probability that the label is wrong.
  Which probability stands in the loss: that of the right label, or that of all others?

sigmoid-not-softmax
  You took the sigmoid of each logit by itself.
  Which numbers of a row must add up to 1?

every-class-counted
  This is the binary cross-entropy of every class: being sure that a wrong label is wrong counts as well.
  Which one probability of each image counts?

log-of-the-sum
  You added up the probabilities of the right labels, and took the logarithm of their sum.
  The loss is a mean over images: of their probabilities, or of their losses?

log-of-the-mean
  You took the logarithm of the mean probability.
  The loss is a mean over images: of their probabilities, or of their losses?
""",
)  # fmt: skip
def cross_entropy(fork: Fork, logits: Any, labels: Any) -> Any:
    """The mean, over the images, of minus the logarithm of the right label's probability."""
    return mean_loss(fork, fork.stage(log_probabilities, logits, labels), logits, labels)


def log_probabilities(fork: Fork, logits: Any, labels: Any) -> Array:
    """The logarithm of each class's probability."""
    z, rows = np.asarray(logits, float), np.arange(len(labels))
    axis = softmax_axis(fork)
    s = shifted(fork, z, axis)
    e = exponentials(fork, z, s)
    total = summed(fork, e, axis)
    log_total = fork(
        "the logarithm of the sum", np.log(total), log2_not_ln=lambda: np.log2(total), logarithm_forgotten=total
    )
    log_p = np.log(e) - log_total if e is z else s - log_total
    if axis == 1:
        ways = {"shifted_once_only__in_front": lambda: s - np.log(np.exp(z).sum(1, keepdims=True))}
        log_p = fork("the logits that are left", log_p, shifted_once_only=lambda: z - log_total, **ways)
    tiny: dict[str, Any] = {way: lambda t=t: np.log(e / total + t) for way, t in _TINY.items()}
    tiny |= {f"{way}_below": lambda t=t: np.log(e / (total + t)) for way, t in _TINY.items()}
    tiny |= {f"{way}_least": lambda t=t: np.log(np.maximum(e / total, t)) for way, t in _TINY.items()}
    tiny |= {f"{way}_clipped": lambda t=t: np.log(np.clip(e / total, t, 1 - t)) for way, t in _TINY.items()}
    tiny |= {f"{way}_for_zero": lambda t=t: np.log(np.where(e == 0, t, e / total)) for way, t in _TINY.items()}
    ways = {
        "log_of_zero": lambda: np.log(e / total),
        "softmax_overflow__before_the_division": lambda: np.log(np.exp(z) / np.exp(z).sum(axis, keepdims=True)),
    }
    if axis == 1:
        tiny |= {f"logits_cut_off__{-n}": lambda n=n: np.maximum(s, n) - log_total for n in _LEAST}
        tiny |= {f"infinity_replaced__{way}": lambda f=f: f(np.log(e / total), rows, labels) for way, f in _REPLACED}
        ways |= {
            "zero_times_infinity": lambda: _times_one_hot(np.log(e / total), labels),
        }
    log_p = fork(f"{NUMERIC} in the logarithm", log_p, **ways)
    right = log_p
    return fork(
        "the logarithm", right, log10_not_ln=lambda: right / np.log(10), no_softmax=z,
        log2_not_ln__at_the_end=lambda: right / np.log(2), logarithm_of_being_wrong=lambda: np.log(1 - np.exp(right)),
        sigmoid_not_softmax=lambda: -np.log(1 + np.exp(-s)), sigmoid_not_softmax__plain=lambda: -np.log(1 + np.exp(-z)),
        probability_not_loss=lambda: e / total, probability_not_loss__from_one=lambda: e / total - 1, **tiny,
    )  # fmt: skip


def mean_loss(fork: Fork, log_p: Array, logits: Any, labels: Any) -> Any:
    """The mean of the right labels' losses."""
    z, rows = np.asarray(logits, float), np.arange(len(labels))
    picked = log_p[rows, labels]
    margin = np.maximum(0, z - z[rows, labels][:, None] + 1)
    return fork(
        "the mean", lambda: -picked.mean(),
        summed_not_averaged=lambda: -picked.sum(), mean_of_all_classes=lambda: -log_p.mean(),
        all_classes_summed=lambda: -log_p.sum(1).mean(),
        entropy_not_cross_entropy=lambda: -(np.exp(log_p) * log_p).sum(1).mean(),
        divided_by_classes=lambda: -picked.mean() / z.shape[1], sign_flipped=lambda: picked.mean(),
        labels_crossed=lambda: -log_p[:, labels].mean(), labels_crossed__summed=lambda: -log_p[:, labels].sum(),
        labels_crossed__by_images=lambda: -log_p[:, labels].sum() / len(z), one_loss_for_each_image=lambda: -picked,
        log_of_the_mean=lambda: -np.log(np.exp(picked).mean()), log_of_the_sum=lambda: -np.log(np.exp(picked).sum()),
        every_class_counted=lambda: -_yes_or_no(log_p, labels).sum(1).mean(),
        every_class_counted__averaged=lambda: -_yes_or_no(log_p, labels).mean(),
        hinge_loss=lambda: (margin.sum(1) - 1).mean(), largest_not_label=lambda: -log_p.max(1).mean(),
        divided_by_classes_alone=lambda: -picked.sum() / z.shape[1],
        first_row_only=lambda: -log_p[0, labels].mean(),
        label_before=lambda: -log_p[rows, np.asarray(labels) - 1].mean(),
        labels_as_numbers=lambda: -(log_p.T * labels).sum() / len(z),
        labels_as_numbers__by_classes=lambda: -(log_p.T * labels).sum() / z.shape[1],
        labels_as_numbers__summed=lambda: -(log_p.T * labels).sum(),
        labels_as_numbers__averaged=lambda: -(log_p.T * labels).mean(),
        labels_as_numbers__of_the_right_ones=lambda: -(picked * labels).mean(),
        squared_distance=lambda: ((np.exp(log_p) - np.eye(z.shape[1])[labels]) ** 2).sum(1).mean(),
    )  # fmt: skip


def _yes_or_no(log_p: Array, labels: Any) -> Array:
    """For each class the logarithm of the probability of what is true of it: it is the label, or it is not."""
    one = np.eye(log_p.shape[1])[np.asarray(labels)]
    return np.where(one == 1, log_p, np.log(1 - np.exp(log_p)))


def _times_one_hot(log_p: Array, labels: Any) -> Array:
    """log_p; at the right label the sum of the row times a one-hot row, which is NaN where a 0 meets infinity."""
    one = np.eye(log_p.shape[1])[np.asarray(labels)]
    return np.where(one == 1, (one * log_p).sum(1, keepdims=True), log_p)


_REPLACED = (
    ("by_zero", lambda log_p, rows, labels: np.where(np.isinf(log_p), 0, log_p)),
    ("by_the_largest", lambda log_p, rows, labels: np.nan_to_num(log_p)),
    ("all", lambda log_p, rows, labels: np.zeros_like(log_p) if np.isinf(log_p[rows, labels]).any() else log_p),
)


@program(
    "cross_entropy_grad",
    words=_SOFTMAX + """
batch-not-divided
  This is the gradient of the sum over the batch.
  The loss is a mean over B images. What follows?

divided-by-all-logits
  You divided by the number of all logits.
  Over what is the loss averaged?

wrong-mean
  You divided by the number of classes.
  Over what is the loss averaged?

sign-flipped
  The sign is wrong.
  If the right logit grows, does the loss grow or fall?

onehot-forgotten
  You returned the probabilities; the right label was not subtracted.
  If the right logit grows, does the loss grow or fall?

onehot-added
  You added 1 at the right label.
  If the right logit grows, does the loss grow or fall?

label-before
  You subtracted 1 at the class before the right one.
  Does the first class have the number 0 or 1?

labels-as-numbers
  You subtracted the labels as numbers from every probability of their rows.
  A label is the name of a class. From which one entry of its row is 1 taken away?

labels-crossed
  In each row you subtracted 1 at the labels of all images.
  labels holds one column for each row. What does [:, labels] pick, and what [np.arange(B), labels]?

softmax-overflow = softmax-overflow + log-of-zero
  The exponential of a large logit is too large for a computer: it becomes infinite.
  What may you subtract from a whole row of logits without changing its probabilities?

log-of-zero
  Your chain divides by a probability that became so small that the computer holds it as 0.
  The slope of the loss in the logits is short: p, less 1 at the right label. Which division does it save?

multiplied-by-p
  You multiplied by p once more.
  p - 1 at the right label is the slope of the loss in the logits already. Which steps does it hold?

one-subtracted-everywhere
  You subtracted 1 from every probability.
  If a wrong logit grows, does the loss grow or fall?

probabilities-forgotten
  Only the labels are left in your gradient; the probabilities are missing.
  Is the gradient the same for a network that is sure and for one that is not?

probabilities-not-divided
  You divided only the 1 by B, not the probabilities.
  The loss is a mean over B images: which parts of its gradient does that divide?

half-subtracted
  You subtracted one half at the right label.
  The slope at the right label is p less what?

label-set-to-minus-one
  At the right label you wrote -1; it should be p - 1.
  Does your line write, or subtract?

label-sign-flipped
  At the right label the sign is wrong.
  If the right logit grows, does the loss grow or fall?

right-label-only
  Only the right label has a gradient.
  If another logit grows, does the right label's probability stay as it is?

slope-of-the-logarithm
  This is the gradient with respect to the probabilities: -1 / p at the right label.
  A logit changes all the probabilities of its row. Where is the softmax in your chain?

one-subtracted-after-division
  You divided by B first, and then subtracted a whole 1.
  Which part of p - 1 at the right label is divided by B?

sigmoid-not-softmax
  You took the sigmoid of each logit by itself.
  Which ten numbers must add up to 1?

softmax-once-more
  You multiplied by p (1 - p) once more.
  p - 1 at the right label is the slope of the loss in the logits already. Which steps does it hold?
""",
)  # fmt: skip
def cross_entropy_gradient(fork: Fork, logits: Any, labels: Any) -> Array:
    """The probabilities, less 1 at the right label, divided by the number of images."""
    z, one = np.asarray(logits, float), np.eye(np.shape(logits)[1])[np.asarray(labels)]
    axis = softmax_axis(fork)
    e = exponentials(fork, z, shifted(fork, z, axis))
    total = summed(fork, e, axis)
    tiny = {f"{way}_below": lambda t=t: e / (total + t) for way, t in _TINY.items()}
    p = fork("the probabilities", lambda: e / total, no_softmax=z, **tiny)
    margin = np.where(one > 0, 0, (z - (z * one).sum(1, keepdims=True) + 1 > 0).astype(float))
    base = fork(
        f"{NUMERIC} in the chain",
        lambda: p - one,
        log_of_zero__chained=lambda: _chained(p, -one / p),
        log_of_zero__at_the_label=lambda: _chained(p, np.where(one > 0, -1 / p, 0)),
        log_of_zero__at_the_label_alone=lambda: np.where((one > 0) & (p == 0), np.nan, p - one),
    )
    slope = fork(
        "the slope", base,
        onehot_forgotten=lambda: p, onehot_added=lambda: p + one, sign_flipped=lambda: one - p,
        labels_crossed=lambda: p - (one.sum(0) > 0), label_before=lambda: p - np.roll(one, -1, 1),
        softmax_once_more=lambda: (p - one) * p * (1 - p),
        hinge_loss=lambda: margin - one * margin.sum(1, keepdims=True), multiplied_by_p=lambda: (p - one) * p,
        half_subtracted=lambda: p - one / 2, label_set_to_minus_one=lambda: np.where(one > 0, -1, p),
        label_sign_flipped=lambda: np.where(one > 0, 1 - p, p), right_label_only=lambda: (p - one) * one,
        label_sign_flipped__alone=lambda: np.where(one > 0, -p, p),
        slope_of_the_logarithm=lambda: -one / fork("the divisor", p, **{way: p + t for way, t in _TINY.items()}),
        slope_of_the_logarithm__upside_down=lambda: one / p, labels_as_numbers=lambda: (p.T - labels).T,
        **{f"{way}_chained": lambda t=t: _chained(p, -one / (p + t)) for way, t in _TINY.items()},
        one_subtracted_after_division=lambda: p - len(z) * one,
        sigmoid_not_softmax=lambda: 1 / (1 + np.exp(-z)) - one, probabilities_forgotten=lambda: -one,
        one_subtracted_everywhere=lambda: p - 1, probabilities_not_divided=lambda: len(z) * p - one,
    )  # fmt: skip
    return fork(
        "the mean", lambda: slope / len(z),
        batch_not_divided=lambda: slope, divided_by_all_logits=lambda: slope / z.size,
        wrong_mean=lambda: slope / z.shape[1],
    )  # fmt: skip


def _chained(p: Array, to_p: Array) -> Array:
    """The slope of -log p through that of the softmax: NaN where p has become 0."""
    return p * (to_p - (to_p * p).sum(1, keepdims=True))
