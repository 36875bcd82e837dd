"""Sums by einsum and matrix products with ones, variance as the mean of squares minus the squared mean."""

import numpy as np

x_hat_by_hand = (-1 / 2, -1 / 2, -1 / 2, -1 / 2, 2)
y_by_hand = np.array([7, 7, 7, 7, 22])
gamma_undo, beta_undo = np.float64(2), 3.0
numbers_per_mean, learned = 240.0, 6
larger_ones = np.ones(2)
dx_by_hand = (1.5, -1 / 2, -1 / 2, -1 / 2, 0.0)


def batch_norm(x, gamma, beta, eps=1e-5):
    mean = np.einsum("nc->c", x) / len(x)
    var = np.einsum("nc,nc->c", x - mean, x - mean) / len(x)
    scale = gamma / np.sqrt(var + eps)
    return np.einsum("nc,c->nc", x - mean, scale) + beta


def batch_norm_axes(x, gamma, beta, eps=1e-5):
    m = x.shape[0] * x.shape[1] * x.shape[2]
    mean = np.einsum("bhwc->c", x) / m
    var = np.einsum("bhwc->c", (x - mean) ** 2) / m
    return (x - mean) * (gamma * (var + eps) ** -0.5) + beta


def batch_norm_rows(x, gamma, beta, eps=1e-5):
    B, H, W, C = x.shape
    rows = np.concatenate([image.reshape(H * W, C) for image in x])
    return np.reshape(batch_norm(rows, gamma, beta, eps), (B, H, W, C))


def scale_shift_grad(grad_output, x_hat, gamma):
    return [
        grad_output @ np.diag(gamma),
        np.diag(x_hat.T @ grad_output).copy(),
        np.ones(len(x_hat), x_hat.dtype) @ grad_output,
    ]


def variance_grad(grad_x_hat, centered, inv_std):
    return -np.einsum("nc,nc,c->c", grad_x_hat, centered, inv_std**3) / 2


def centered_grad(grad_x_hat, grad_var, centered, inv_std):
    return np.einsum("nc,c->nc", grad_x_hat, inv_std) + 2 / len(centered) * np.einsum("c,nc->nc", grad_var, centered)


def input_grad(grad_centered):
    N = len(grad_centered)
    return (np.eye(N) - np.ones((N, N)) / N) @ grad_centered


def batch_norm_grad(grad_output, x, gamma, eps=1e-5):
    inv_std = 1 / np.sqrt(x.var(axis=0) + eps)
    x_hat = (x - x.mean(axis=0)) * inv_std
    grad_gamma, grad_beta = np.einsum("nc,nc->c", grad_output, x_hat), np.einsum("nc->c", grad_output)
    return (
        gamma * inv_std / len(x) * (len(x) * grad_output - grad_beta - x_hat * grad_gamma),
        grad_gamma,
        grad_beta,
    )


def closed_form(grad_output, x_hat, gamma, inv_std):
    m = len(x_hat)
    return gamma * inv_std / m * (m * grad_output - grad_output.sum(0) - x_hat * (grad_output * x_hat).sum(0))


def batch_norm2d_grad(grad_output, x, gamma, eps=1e-5):
    axes = (0, 1, 2)
    sigma = np.sqrt(x.var(axes) + eps)
    x_hat = (x - x.mean(axes)) / sigma
    mean, along = grad_output.mean(axes), (grad_output * x_hat).mean(axes)
    m = x.size // x.shape[-1]
    return gamma / sigma * (grad_output - mean - x_hat * along), m * along, m * mean


def update_running(running_mean, running_var, x, momentum):
    N = len(x)
    var = x.var(axis=0) * N / (N - 1)
    return running_mean + momentum * (x.mean(axis=0) - running_mean), running_var + momentum * (var - running_var)


def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps=1e-5):
    scale = gamma / np.sqrt(running_var + eps)
    return x * scale + (beta - scale * running_mean)


def batch_norm_eval_grad(grad_output, gamma, running_var, eps=1e-5):
    return np.einsum("...c,c->...c", grad_output, gamma * (running_var + eps) ** -0.5)
