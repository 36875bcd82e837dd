"""Plain loops over images and places: too slow to train with, but right."""

import numpy as np


def conv2d(x, w, padding=0):
    kH, kW, _, D = w.shape
    padded = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    y = np.zeros((len(x), padded.shape[1] - kH + 1, padded.shape[2] - kW + 1, D), x.dtype)
    for i, j in np.ndindex(y.shape[1:3]):
        y[:, i, j] = np.tensordot(padded[:, i : i + kH, j : j + kW], w, axes=3)
    return y


def conv2d_grad_weight(grad_output, x, kernel_shape, padding=0):
    kH, kW = kernel_shape[:2]
    padded = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    dw = np.zeros(kernel_shape, x.dtype)
    for i, j in np.ndindex(grad_output.shape[1:3]):
        dw += np.einsum("bhvc,bd->hvcd", padded[:, i : i + kH, j : j + kW], grad_output[:, i, j])
    return dw


def conv2d_grad_input(grad_output, w, input_shape, padding=0):
    B, H, W, C = input_shape
    kH, kW = w.shape[:2]
    dx = np.zeros((B, H + 2 * padding, W + 2 * padding, C), grad_output.dtype)
    for i, j in np.ndindex(grad_output.shape[1:3]):
        dx[:, i : i + kH, j : j + kW] += np.einsum("bd,hvcd->bhvc", grad_output[:, i, j], w)
    return dx[:, padding : H + padding, padding : W + padding]


def max_pool2x2(x):
    B, H, W, C = x.shape
    y = np.zeros((B, H // 2, W // 2, C), x.dtype)
    for i, j in np.ndindex(H // 2, W // 2):
        y[:, i, j] = x[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max(axis=(1, 2))
    return y


def max_pool2x2_grad(grad_output, x):
    dx = np.zeros_like(x)
    for b, i, j, c in np.ndindex(grad_output.shape):
        window = x[b, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2, c]
        h, v = divmod(int(window.argmax()), 2)
        dx[b, 2 * i + h, 2 * j + v, c] = grad_output[b, i, j, c]
    return dx


def batch_norm(x, gamma, beta, eps=1e-5):
    y = np.empty_like(x)
    for c in range(x.shape[-1]):
        channel = x[..., c]
        y[..., c] = gamma[c] * (channel - channel.mean()) / np.sqrt(channel.var() + eps) + beta[c]
    return y


def batch_norm_grad(grad_output, x, gamma, eps=1e-5):
    grad_x, grad_gamma, grad_beta = np.empty_like(x), np.empty_like(gamma), np.empty_like(gamma)
    for c in range(x.shape[-1]):
        g, channel = grad_output[..., c], x[..., c]
        sigma = np.sqrt(channel.var() + eps)
        x_hat = (channel - channel.mean()) / sigma
        grad_x[..., c] = gamma[c] / sigma * (g - g.mean() - x_hat * (g * x_hat).mean())
        grad_gamma[c], grad_beta[c] = (g * x_hat).sum(), g.sum()
    return grad_x, grad_gamma, grad_beta


def relu_grad(grad_output, x):
    dx = grad_output.copy()
    dx[x <= 0] = 0
    return dx


def cross_entropy(logits, labels):
    losses = []
    for z, t in zip(logits, labels):
        losses.append(np.log(np.sum(np.exp(z - z[t] - np.max(z - z[t])))) + np.max(z - z[t]))
    return sum(losses) / len(losses)


def cross_entropy_grad(logits, labels):
    rows = []
    for z, t in zip(logits, labels):
        p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
        p[t] = p[t] - 1
        rows.append(p / len(labels))
    return np.array(rows)


def gradients(params, x, labels):
    _, s = forward(params, x)
    g3 = cross_entropy_grad(s["flat"] @ params["w3"] + params["b3"], labels)
    g2 = np.reshape(g3 @ np.transpose(params["w3"]), np.shape(s["p2"]))
    g2 = max_pool2x2_grad(g2, s["n2"]) * (s["n2"] > 0)  # ReLU and the maximum may change places
    c2, gamma2, beta2 = batch_norm_grad(g2, s["c2"], params["gamma2"])
    g1 = conv2d_grad_input(c2, params["w2"], s["p1"].shape, 1)
    g1 = max_pool2x2_grad(g1, s["n1"]) * (s["n1"] > 0)
    c1, gamma1, beta1 = batch_norm_grad(g1, s["c1"], params["gamma1"])
    w1 = conv2d_grad_weight(c1, x, (3, 3, 1, len(beta1)), 1)
    w2 = conv2d_grad_weight(c2, s["p1"], (3, 3, len(beta1), len(beta2)), 1)
    w3 = sum(np.outer(row, g) for row, g in zip(s["flat"], g3))
    return dict(b3=g3.sum(0), w3=w3, beta2=beta2, gamma2=gamma2, w2=w2, beta1=beta1, gamma1=gamma1, w1=w1)


def step(params, velocity, grads, learning_rate, momentum):
    speeds = {name: momentum * v - learning_rate * grads[name] for name, v in velocity.items()}
    return {name: value + speeds[name] for name, value in params.items()}, speeds
