"""One column, one number after another, in plain Python loops."""

import math

import numpy as np


def column_statistics(column):
    mean = sum(column) / len(column)
    return mean, sum((v - mean) ** 2 for v in column) / len(column)


def batch_norm(x, gamma, beta, eps=1e-5):
    y = np.empty_like(x)
    for c in range(x.shape[1]):
        mean, var = column_statistics(x[:, c])
        for i in range(x.shape[0]):
            y[i, c] = gamma[c] * (x[i, c] - mean) / math.sqrt(var + eps) + beta[c]
    return y


def batch_norm_axes(x, gamma, beta, eps=1e-5):
    channels = [
        batch_norm(x[..., c].reshape(-1, 1), gamma[c : c + 1], beta[c : c + 1], eps) for c in range(x.shape[-1])
    ]
    return np.stack([channel.reshape(x.shape[:-1]) for channel in channels], axis=-1)


def batch_norm_rows(x, gamma, beta, eps=1e-5):
    rows = np.moveaxis(x, -1, 0).reshape(x.shape[-1], -1).T
    return np.moveaxis(batch_norm(rows, gamma, beta, eps).T.reshape(x.shape[-1], *x.shape[:-1]), 0, -1)


def scale_shift_grad(grad_output, x_hat, gamma):
    grad_x_hat = np.array([[g * s for g, s in zip(row, gamma)] for row in grad_output])
    grad_gamma = np.array([sum(g * v for g, v in zip(gs, vs)) for gs, vs in zip(grad_output.T, x_hat.T)])
    return grad_x_hat, grad_gamma, np.array([sum(column) for column in grad_output.T])


def variance_grad(grad_x_hat, centered, inv_std):
    var = inv_std**-2
    return np.array([-sum(g * c) / (2 * math.sqrt(v) ** 3) for g, c, v in zip(grad_x_hat.T, centered.T, var)])


def centered_grad(grad_x_hat, grad_var, centered, inv_std):
    out = np.zeros_like(centered)
    N, C = centered.shape
    for i in range(N):
        for c in range(C):
            out[i, c] = (
                grad_x_hat[i, c] * inv_std[c] + grad_var[c] * centered[i, c] / N + grad_var[c] * centered[i, c] / N
            )
    return out


def input_grad(grad_centered):
    out = grad_centered.copy()
    for row in grad_centered:
        out -= row / len(grad_centered)
    return out


def batch_norm_grad(grad_output, x, gamma, eps=1e-5):
    grad_x, grad_gamma, grad_beta = np.zeros_like(x), np.zeros_like(gamma), np.zeros_like(gamma)
    N, C = x.shape
    for c in range(C):
        mean, var = column_statistics(x[:, c])
        x_hat = [(v - mean) / math.sqrt(var + eps) for v in x[:, c]]
        grad_beta[c] = sum(grad_output[:, c])
        grad_gamma[c] = sum(g * v for g, v in zip(grad_output[:, c], x_hat))
        for i in range(N):
            bracket = grad_output[i, c] - grad_beta[c] / N - x_hat[i] * grad_gamma[c] / N
            grad_x[i, c] = gamma[c] / math.sqrt(var + eps) * bracket
    return grad_x, grad_gamma, grad_beta


def closed_form(grad_output, x_hat, gamma, inv_std):
    columns = []
    for g, v, s, inv in zip(grad_output.T, x_hat.T, gamma, inv_std):
        columns.append(s * inv * (g - np.mean(g) - v * np.mean(g * v)))
    return np.stack(columns, axis=1)


def batch_norm2d_grad(grad_output, x, gamma, eps=1e-5):
    parts = [
        batch_norm_grad(grad_output[..., c].reshape(-1, 1), x[..., c].reshape(-1, 1), gamma[c : c + 1], eps)
        for c in range(x.shape[-1])
    ]
    grad_x = np.stack([p[0].reshape(x.shape[:-1]) for p in parts], axis=-1)
    return grad_x, np.concatenate([p[1] for p in parts]), np.concatenate([p[2] for p in parts])


def update_running(running_mean, running_var, x, momentum):
    N = len(x)
    pairs = [column_statistics(column) for column in x.T]
    mean = [(1 - momentum) * old + momentum * new for old, (new, _) in zip(running_mean, pairs)]
    var = [(1 - momentum) * old + momentum * new * N / (N - 1) for old, (_, new) in zip(running_var, pairs)]
    return np.array(mean, dtype=x.dtype), np.array(var, dtype=x.dtype)


def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps=1e-5):
    y = np.zeros_like(x)
    for c in range(x.shape[-1]):
        y[..., c] = gamma[c] * (x[..., c] - running_mean[c]) / math.sqrt(running_var[c] + eps) + beta[c]
    return y


def batch_norm_eval_grad(grad_output, gamma, running_var, eps=1e-5):
    dx = grad_output.copy()
    for c in range(dx.shape[-1]):
        dx[..., c] *= gamma[c] / math.sqrt(running_var[c] + eps)
    return dx
