"""Every piece by sliding windows and einsum; the input's gradient is a convolution with the turned filter."""

import numpy as np

features, all_parameters = 64.0, np.int64(1922)
first_loss = 2.303


def windows(x, kernel_shape, padding):
    padded = np.pad(x, [(0, 0), (padding, padding), (padding, padding), (0, 0)])
    return np.lib.stride_tricks.sliding_window_view(padded, kernel_shape, axis=(1, 2))  # (B, H, W, C, kH, kW)


def conv2d(x, w, padding=0):
    return np.einsum("bijchv,hvcd->bijd", windows(x, w.shape[:2], padding), w, optimize=True)


def conv2d_grad_weight(grad_output, x, kernel_shape, padding=0):
    return np.einsum("bijchv,bijd->hvcd", windows(x, kernel_shape[:2], padding), grad_output, optimize=True)


def conv2d_grad_input(grad_output, w, input_shape, padding=0):
    kH, kW = w.shape[:2]
    wide = np.pad(grad_output, [(0, 0), (kH - 1, kH - 1), (kW - 1, kW - 1), (0, 0)])
    full = conv2d(wide, w[::-1, ::-1].swapaxes(2, 3))
    _, H, W, _ = input_shape
    return full[:, padding : padding + H, padding : padding + W]


def max_pool2x2(x):
    return np.maximum(np.maximum(x[:, ::2, ::2], x[:, 1::2, ::2]), np.maximum(x[:, ::2, 1::2], x[:, 1::2, 1::2]))


def max_pool2x2_grad(grad_output, x):
    y, dx, free = max_pool2x2(x), np.zeros_like(x), np.ones(grad_output.shape, bool)
    for h in range(2):
        for v in range(2):
            here = free & (x[:, h::2, v::2] == y)
            dx[:, h::2, v::2] = grad_output * here
            free &= ~here
    return dx


def batch_norm(x, gamma, beta, eps=1e-5):
    rows = x.reshape(-1, x.shape[-1])
    return (gamma * (rows - rows.mean(0)) / np.sqrt(rows.var(0) + eps) + beta).reshape(x.shape)


def batch_norm_grad(grad_output, x, gamma, eps=1e-5):
    g, rows = grad_output.reshape(-1, x.shape[-1]), x.reshape(-1, x.shape[-1])
    inv_std = 1 / np.sqrt(rows.var(0) + eps)
    x_hat = (rows - rows.mean(0)) * inv_std
    m, grad_gamma, grad_beta = len(rows), (g * x_hat).sum(0), g.sum(0)
    return (
        (gamma * inv_std * (g - grad_beta / m - x_hat * grad_gamma / m)).reshape(x.shape),
        grad_gamma,
        grad_beta,
    )


def relu_grad(grad_output, x):
    return np.where(x > 0, grad_output, 0)


def cross_entropy(logits, labels):
    largest = logits.max(axis=1)
    log_sum = largest + np.log(np.exp(logits - largest[:, None]).sum(axis=1))
    return np.mean(log_sum - np.take_along_axis(logits, labels[:, None], axis=1)[:, 0])


def cross_entropy_grad(logits, labels):
    e = np.exp(logits - logits.max(axis=1)[:, None])
    return (e / e.sum(axis=1)[:, None] - np.eye(logits.shape[1])[labels]) / len(labels)


def gradients(params, x, labels):
    logits, s = forward(params, x)
    g = cross_entropy_grad(logits, labels)
    grads = {"b3": g.sum(axis=0), "w3": np.einsum("bf,bk->fk", s["flat"], g)}
    g = np.einsum("bk,fk->bf", g, params["w3"]).reshape(s["p2"].shape)
    for block, before in (("2", s["p1"]), ("1", x)):
        g = relu_grad(max_pool2x2_grad(g, s["r" + block]), s["n" + block])
        g, grads["gamma" + block], grads["beta" + block] = batch_norm_grad(g, s["c" + block], params["gamma" + block])
        grads["w" + block] = conv2d_grad_weight(g, before, params["w" + block].shape, padding=1)
        g = conv2d_grad_input(g, params["w" + block], before.shape, padding=1)
    return grads


def step(params, velocity, grads, learning_rate, momentum):
    new_params, new_velocity = {}, {}
    for name in params:
        new_velocity[name] = velocity[name] * momentum - grads[name] * learning_rate
        new_params[name] = params[name] + new_velocity[name]
    return new_params, new_velocity
