"""The small CNN of Problem 7 and its gradients: what the checks compare with.

    images (B, H, W, 1) -> [conv 3x3, batch_norm, relu, max pooling 2x2] twice -> dense -> logits (B, classes)

Parameters are a dict: w1, gamma1, beta1, w2, gamma2, beta2 of the two blocks, w3 and b3 of the dense layer.
"""

import numpy as np

from utils import (
    batch_norm,
    batch_norm_grad,
    conv2d,
    conv2d_grad_input,
    conv2d_grad_weight,
    max_pool2d,
    max_pool2d_grad,
)
from utils.shapes import Array
from utils.watch import watched

Params = dict[str, Array]


@watched
def relu(x: Array) -> Array:
    """The positive part of x (Problem 7)."""
    return np.maximum(x, 0)


@watched
def loss_of_equal_logits(classes: int) -> float:
    """The cross entropy of a network that has no opinion (Problem 7)."""
    return float(np.log(classes))


@watched
def cross_entropy(logits: Array, labels: Array) -> float:
    """The batch mean of -log softmax(logits)[label]: logits (B, classes), labels (B,) (Problem 7)."""
    return float(-_log_softmax(logits)[np.arange(len(labels)), labels].mean())


@watched
def cross_entropy_grad(logits: Array, labels: Array) -> Array:
    """The gradient of `cross_entropy` with respect to the logits: (softmax - one-hot) / B (Problem 7)."""
    grad = np.exp(_log_softmax(logits))
    grad[np.arange(len(labels)), labels] -= 1
    return grad / grad.dtype.type(len(labels))


@watched
def relu_grad(grad_output: Array, x: Array) -> Array:
    """The gradient of sum(grad_output * maximum(x, 0)) with respect to x (Problem 7)."""
    return grad_output * (x > 0)


@watched
def network(params: Params, x: Array) -> tuple[Array, Params]:
    """(logits, what each step gave): the network in training mode, on images x (B, H, W, 1) (Problem 7)."""
    steps, a = {}, x
    for block in ("1", "2"):
        steps["x" + block] = a
        steps["c" + block] = conv2d(a, params["w" + block], padding=1)
        steps["n" + block] = batch_norm(steps["c" + block], params["gamma" + block], params["beta" + block])
        steps["r" + block] = np.maximum(steps["n" + block], 0)
        a = steps["p" + block] = max_pool2d(steps["r" + block], 2)
    return a.reshape(len(x), -1) @ params["w3"] + params["b3"], steps


@watched
def network_gradients(params: Params, x: Array, labels: Array) -> Params:
    """The gradient of `cross_entropy` of the network with respect to each of the parameters (Problem 7)."""
    logits, steps = network(params, x)
    g = cross_entropy_grad(logits, labels)
    grads = {"w3": steps["p2"].reshape(len(x), -1).T @ g, "b3": g.sum(axis=0)}
    g = (g @ params["w3"].T).reshape(steps["p2"].shape)
    for block in ("2", "1"):
        g = relu_grad(max_pool2d_grad(g, steps["r" + block], 2), steps["n" + block])
        g, gamma, beta = batch_norm_grad(g, steps["c" + block], params["gamma" + block])
        grads["gamma" + block], grads["beta" + block] = gamma, beta
        w = params["w" + block]
        grads["w" + block] = conv2d_grad_weight(g, steps["x" + block], w.shape, padding=1)
        g = conv2d_grad_input(g, w, steps["x" + block].shape, padding=1)
    return {name: grads[name] for name in params}


@watched
def momentum_step(
    params: Params, velocity: Params, grads: Params, learning_rate: float, momentum: float
) -> tuple[Params, Params]:
    """(new parameters, new velocity) after one step of gradient descent with momentum (Problem 7)."""
    v = {name: momentum * velocity[name] - learning_rate * grads[name] for name in params}
    return {name: params[name] + v[name] for name in params}, v


def _log_softmax(logits: Array) -> Array:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
