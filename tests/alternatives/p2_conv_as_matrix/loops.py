"""Cell by cell; einsum; a true convolution for the transpose."""

W = sp.zeros(4, 6)
for _row in range(4):
    for _place, _letter in enumerate((w0, w1, w2)):
        W[_row, _row + _place] = _letter


def conv_matrix(w, n, stride=1, padding=0):
    k, width = len(w), n + 2 * padding
    W = np.zeros(((width - k) // stride + 1, width), dtype=w.dtype)
    for i in range(W.shape[0]):
        for j in range(width):
            if 0 <= j - i * stride < k:
                W[i, j] = w[j - i * stride]
    return W


def im2col(x, kernel_size, stride=1, padding=0):
    zeros = [x.dtype.type(0)] * padding
    padded = zeros + list(x) + zeros
    rows = []
    for start in range(0, len(padded), stride):
        if start + kernel_size <= len(padded):
            rows.append(padded[start : start + kernel_size])
    return np.array(rows)


def conv2d(x, w):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[:2], axis=(1, 2))
    return np.einsum("bijcuv,uvcd->bijd", windows, w)


def spread(delta, w, n, stride=1):
    between = np.zeros((len(delta) - 1) * stride + 1, dtype=w.dtype)
    between[::stride] = delta
    back = np.convolve(between, w)
    return np.concatenate([back, np.zeros(n - len(back), dtype=w.dtype)])
