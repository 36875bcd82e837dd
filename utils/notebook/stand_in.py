"""A step of learning for who has not written the pieces of problem 7: the network as the matrix products of problem 2.

What may change: how fast it is. What stays: that a step does what the notebook's own pieces do.
"""

import numpy as np

from utils.normalization import batch_norm, batch_norm_grad
from utils.patches import col2im, im2col
from utils.pooling_1d_2d import max_pool2d, max_pool2d_grad
from utils.shapes import Array

Params = dict[str, Array]


def learn(
    params: Params, velocity: Params, x: Array, labels: Array, learning_rate: float, momentum: float = 0.9
) -> tuple[Params, Params, float]:
    """One step of gradient descent with momentum: (new params, new velocity, the loss before the step).

    params and velocity are those of problem 7: w1, gamma1, beta1, w2, gamma2, beta2 of two blocks (convolution 3x3 with
    padding 1, batch norm, ReLU, max pooling 2x2), w3 and b3 of a dense layer. x (B, H, W, 1), labels (B,).
    """
    blocks, a = [], x
    for block in ("1", "2"):
        rows = im2col(a, 3, padding=1)  # problem 2: the convolution is rows @ w
        w, gamma, beta = (params[name + block] for name in ("w", "gamma", "beta"))
        c = (rows @ w.reshape(-1, w.shape[-1])).reshape(*a.shape[:3], -1)
        n = batch_norm(c, gamma, beta)
        blocks.append((block, a.shape, rows, c, n))
        a = max_pool2d(np.maximum(n, 0), 2)
    flat = a.reshape(len(x), -1)
    scores = flat @ params["w3"] + params["b3"]
    scores = scores - scores.max(axis=1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    right = np.eye(scores.shape[1], dtype=scores.dtype)[labels]

    back = (np.exp(log_p) - right) / len(x)
    downhill = {"w3": flat.T @ back, "b3": back.sum(axis=0)}
    back = (back @ params["w3"].T).reshape(a.shape)
    for block, shape, rows, c, n in reversed(blocks):
        back = np.where(n > 0, max_pool2d_grad(back, np.maximum(n, 0), 2), 0)
        back, downhill["gamma" + block], downhill["beta" + block] = batch_norm_grad(back, c, params["gamma" + block])
        w, table = params["w" + block], back.reshape(len(rows), -1)
        downhill["w" + block] = (rows.T @ table).reshape(w.shape)
        back = col2im(table @ w.reshape(-1, w.shape[-1]).T, shape, 3, padding=1)
    velocity = {name: momentum * velocity[name] - learning_rate * downhill[name] for name in params}
    loss = float(-(log_p * right).sum(axis=1).mean())
    return {name: params[name] + velocity[name] for name in params}, velocity, loss
