"""Loops over single numbers, counting instead of formulas, lists where arrays are built at the end."""


def valid_size(n, k):
    count, start = 0, 0
    while start + k <= n:
        count, start = count + 1, start + 1
    return count


def slide(x, w):
    y = []
    for i in range(len(x) - len(w) + 1):
        total = x.dtype.type(0)
        for j in range(len(w)):
            total += x[i + j] * w[j]
        y.append(total)
    return np.array(y)


def output_size(n, kernel_size, stride, padding):
    return len(range(-padding, n + padding - kernel_size + 1, stride))


def conv1d(x, w, stride=1, padding=0):
    zeros = np.zeros(padding, dtype=x.dtype)
    return slide(np.concatenate([zeros, x, zeros]), w)[::stride]


def num_parameters(kernel_shape, bias=False):
    total = 1
    for size in kernel_shape:
        total *= size
    return total + kernel_shape[-1] if bias else total


def conv1x1(x, w):
    return np.einsum("bhwc,ijcd->bhwd", x, w)


def same_padding(kernel_size):
    padding = 0
    while 1 + 2 * padding < kernel_size:
        padding += 1
    return padding


def chain(input_shape, layers):
    shape, total = list(input_shape), 0
    for k, filters, stride, padding in layers:
        total += k * k * shape[2] * filters + filters
        shape = [output_size(shape[0], k, stride, padding), output_size(shape[1], k, stride, padding), filters]
    return tuple(shape), total
