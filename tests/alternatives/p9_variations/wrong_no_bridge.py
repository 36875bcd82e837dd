"""What comes back over the bridge is forgotten. [mistake: bridge-forgotten]"""


def residual_grad(grad_output, x, w1, w2):
    return ((grad_output @ w2.T) * (x @ w1 > 0)) @ w1.T
