"""Cumulated strides, windows and einsum, groups split and joined, a size by counting places."""


def receptive_field(layers):
    jumps = np.cumprod([1] + [s for _, s, _ in layers])
    return int(1 + sum((k - 1) * d * j for (k, _, d), j in zip(layers, jumps, strict=False)))


def spread_kernel(w, dilation):
    kH, kW, C, D = w.shape
    rows = np.zeros((kH, dilation[0], kW, dilation[1], C, D), w.dtype)
    rows[:, 0, :, 0] = w
    full = rows.reshape(kH * dilation[0], kW * dilation[1], C, D)
    return full[: 1 - dilation[0] or None, : 1 - dilation[1] or None]


def depthwise(x, w):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[:2], axis=(1, 2))
    return np.einsum("bijcuv,uvc->bijc", windows, w)


def transposed_size(n, kernel_size, stride, padding):
    return len(range(padding, (n - 1) * stride + kernel_size - padding))


def group_norm(x, gamma, beta, groups, eps=1e-5):
    parts = [part - part.mean(axis=(1, 2, 3), keepdims=True) for part in np.split(x, groups, axis=3)]
    parts = [part / np.sqrt((part**2).mean(axis=(1, 2, 3), keepdims=True) + eps) for part in parts]
    return gamma * np.concatenate(parts, axis=3) + beta


def residual_grad(grad_output, x, w1, w2):
    slope = np.where(x @ w1 > 0, 1.0, 0.0)
    return grad_output + np.einsum("nc,mc,nm,dm->nd", grad_output, w2, slope, w1)
