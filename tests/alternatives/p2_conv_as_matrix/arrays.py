"""Shifted identities, index arrays, sliding windows; letters with other names for the same symbols; nested lists."""

W = [[w0 if j == i else w1 if j == i + 1 else w2 if j == i + 2 else 0 for j in range(6)] for i in range(4)]
claim_is_right = np.bool_(False)
patch_numbers = 58800.0
spread_by_hand = np.convolve([1, 2], [1, 3, -2])


def conv_matrix(w, n, stride=1, padding=0):
    width = n + 2 * padding
    every = sum(weight * np.eye(width - len(w) + 1, width, j, dtype=w.dtype) for j, weight in enumerate(w))
    return every[::stride]


def dense_weights(n, k):
    return n * n - n * k + n


def nonzero_cells(n, k):
    return int(np.count_nonzero(utils.conv_matrix(np.ones(k), n)))


def distinct_weights(n, k):
    return len(np.arange(k))


def nonzero_fraction(n, k):
    return nonzero_cells(n, k) / dense_weights(n, k)


def im2col(x, kernel_size, stride=1, padding=0):
    padded = np.pad(x, padding)
    starts = np.arange(0, len(padded) - kernel_size + 1, stride)
    return padded[starts[:, None] + np.arange(kernel_size)]


def conv2d(x, w):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[:2], axis=(1, 2))
    return np.tensordot(windows, w, axes=([4, 5, 3], [0, 1, 2]))


def spread(delta, w, n, stride=1):
    places = stride * np.arange(len(delta))[:, None] + np.arange(len(w))
    back = np.zeros(n, dtype=w.dtype)
    np.add.at(back, places, np.outer(delta, w))
    return back
