"""Loops over every single number, and the last of several equal pixels takes the gradient."""

import itertools
import math

import numpy as np


def pooled_size(n, kernel_size, stride):
    return math.floor((n - kernel_size) / stride) + 1


def max_pool2d(x, kernel_size, stride):
    B, H, W, C = x.shape
    y = np.zeros((B, pooled_size(H, kernel_size, stride), pooled_size(W, kernel_size, stride), C), x.dtype)
    for b, i, j, c in itertools.product(*map(range, y.shape)):
        best = -math.inf
        for h in range(kernel_size):
            for w in range(kernel_size):
                best = max(best, x[b, i * stride + h, j * stride + w, c])
        y[b, i, j, c] = best
    return y


def avg_pool2d(x, kernel_size, stride):
    B, H, W, C = x.shape
    y = np.zeros((B, pooled_size(H, kernel_size, stride), pooled_size(W, kernel_size, stride), C), x.dtype)
    for b, i, j, c in itertools.product(*map(range, y.shape)):
        for h in range(kernel_size):
            for w in range(kernel_size):
                y[b, i, j, c] += x[b, i * stride + h, j * stride + w, c] / kernel_size**2
    return y


def max_pool2d_grad(grad_output, x, kernel_size, stride):
    dx = np.zeros(x.shape, x.dtype)
    for b, i, j, c in itertools.product(*map(range, grad_output.shape)):
        best = None
        for h in range(kernel_size):
            for w in range(kernel_size):
                place = b, i * stride + h, j * stride + w, c
                if best is None or x[place] >= x[best]:
                    best = place
        dx[best] += grad_output[b, i, j, c]
    return dx


def avg_pool2d_grad(grad_output, input_shape, kernel_size, stride):
    dx = np.zeros(input_shape, grad_output.dtype)
    for b, i, j, c in itertools.product(*map(range, grad_output.shape)):
        for h in range(kernel_size):
            for w in range(kernel_size):
                dx[b, i * stride + h, j * stride + w, c] += grad_output[b, i, j, c] / kernel_size / kernel_size
    return dx


def windows_per_pixel(n, kernel_size, stride):
    starts = range(0, n - kernel_size + 1, stride)
    return np.array([sum(i in range(s, s + kernel_size) for s in starts) for i in range(n)])


def max_pool(x, kernel_size, stride):
    for axis, (k, s) in enumerate(zip(kernel_size, stride), start=1):
        starts = np.arange(0, x.shape[axis] - k + 1, s)
        x = np.max([np.take(x, starts + offset, axis=axis) for offset in range(k)], axis=0)
    return x
