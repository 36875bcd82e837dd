"""Mean and variance treated as constants. [mistake: bn-stats-constant]"""

import numpy as np


def batch_norm2d_grad(grad_output, x, gamma, eps=1e-5):
    axes = (0, 1, 2)
    sigma = np.sqrt(x.var(axes) + eps)
    x_hat = (x - x.mean(axes)) / sigma
    return gamma / sigma * grad_output, (grad_output * x_hat).sum(axes), grad_output.sum(axes)
