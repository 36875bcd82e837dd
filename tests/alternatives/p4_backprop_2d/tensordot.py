"""Matrix products: patches, tensordot, and gradients as convolutions with batch and channels exchanged."""

import numpy as np

import utils

y_by_hand = ((8, -1), (7, 6))
y_with_minus = -2.0
grad_x_by_hand = [[2, -5, 2], [7, 3, -10], [3, 14, 8]]
grad_w_by_hand = ((2.0, 5.0), (15.0, 11.0))


def slide2d(x, w):
    kH, kW, _, D = w.shape
    shape = (len(x), x.shape[1] - kH + 1, x.shape[2] - kW + 1, D)
    return (utils.im2col(x, (kH, kW)) @ w.reshape(-1, D)).reshape(shape)


def true_convolution(x, w):
    turned = slide2d(x[:, ::-1, ::-1], w)  # turn the image, slide, turn the result back
    return turned[:, ::-1, ::-1]


def numerical_gradient(f, x, grad_output, step=1e-6):
    def loss(flat):
        return float(np.tensordot(grad_output, f(flat.reshape(x.shape)), axes=np.ndim(grad_output)))

    flat = x.ravel()
    gradient = np.empty(x.size)
    for i in range(x.size):
        move = np.zeros(x.size)
        move[i] = step
        gradient[i] = (loss(flat + move) - loss(flat - move)) / (2 * step)
    return gradient.reshape(x.shape)


def worst_error(gradient, f, x, grad_output):
    return abs(numerical_gradient(f, x, grad_output) - gradient).max()


def backward_kernel(w):
    return np.rot90(w, 2, axes=(0, 1)).transpose(0, 1, 3, 2)


def grad_input(grad_output, w, input_shape):
    dx = np.zeros(input_shape, dtype=grad_output.dtype)
    oH, oW = grad_output.shape[1:3]
    for u, v in np.ndindex(*w.shape[:2]):
        dx[:, u : u + oH, v : v + oW] += np.tensordot(grad_output, w[u, v], axes=(3, 1))
    return dx


def true_grad_input(grad_output, w, input_shape):
    return grad_input(grad_output, np.rot90(w, 2), input_shape)


def grad_weight(grad_output, x, kernel_shape):
    # the batch plays the channels: (C, H, W, B) slides with (oH, oW, B, D) to (C, kH, kW, D)
    return slide2d(x.transpose(3, 1, 2, 0), grad_output.transpose(1, 2, 0, 3)).transpose(1, 2, 0, 3)


def true_grad_weight(grad_output, x, kernel_shape):
    return grad_weight(grad_output[:, ::-1, ::-1], x[:, ::-1, ::-1], kernel_shape)


def conv2d_grad_bias(grad_output):
    return np.ones(grad_output[..., 0].size, dtype=grad_output.dtype) @ grad_output.reshape(-1, grad_output.shape[-1])


def conv2d(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    kH, kW, _, D = w.shape
    columns = utils.im2col(x, (kH, kW), stride=stride, padding=padding)
    oH = (x.shape[1] + 2 * padding[0] - kH) // stride[0] + 1
    y = (columns @ w.reshape(-1, D)).reshape(len(x), oH, -1, D)
    if bias is not None:
        y = y + bias
    return y


def conv2d_grad_input(grad_output, w, input_shape, stride=(1, 1), padding=(0, 0)):
    D = w.shape[3]
    columns = grad_output.reshape(-1, D) @ w.reshape(-1, D).T
    return utils.col2im(columns, input_shape, w.shape[:2], stride, padding)


def conv2d_grad_weight(grad_output, x, kernel_shape, stride=(1, 1), padding=(0, 0)):
    D = kernel_shape[3]
    columns = utils.im2col(x, kernel_shape[:2], stride, padding)
    return (columns.T @ grad_output.reshape(-1, D)).reshape(kernel_shape)
