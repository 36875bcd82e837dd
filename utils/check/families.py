"""Which functions of `utils` answer the same question: calling one of them is no answer to it."""

_FAMILIES: list[set[str]] = [
    {"output_size"},
    {"num_parameters"},
    {"conv", "conv1d", "conv2d", "conv3d", "true_convolution"},
    {"conv_grad_input", "conv1d_grad_input", "conv2d_grad_input", "conv3d_grad_input"},
    {"conv_grad_weight", "conv1d_grad_weight", "conv2d_grad_weight", "conv3d_grad_weight"},
    {"conv_grad_bias", "conv1d_grad_bias", "conv2d_grad_bias"},
    {"conv_matrix"},
    {"im2col"},
    {"col2im"},
    {"max_pool", "max_pool1d", "max_pool2d", "max_pool3d", "pool"},
    {"avg_pool", "avg_pool1d", "avg_pool2d", "avg_pool3d", "pool"},
    {"max_pool_grad", "max_pool1d_grad", "max_pool2d_grad", "pool_grad"},
    {"avg_pool_grad", "avg_pool1d_grad", "avg_pool2d_grad", "pool_grad"},
    {"batch_norm"},
    {"batch_norm_grad"},
    {"numerical_gradient", "check_gradient"},
]


def family(about: str) -> set[str]:
    """`about` with its other faces."""
    return {about}.union(*(f for f in _FAMILIES if about in f))
