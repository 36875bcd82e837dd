"""Whole layers: the shape after one layer, and a chain of layers (Problem 1)."""

from collections.abc import Callable

from utils import num_parameters, output_size

from ..table import Misconception, misconception, registered
from . import dimensions as _dimensions  # its wrong sizes are used below

assert _dimensions


def _layer(size: Callable[..., int], input_shape, kernel_shape, stride, padding):
    height, width, _ = input_shape
    k_h, k_w, _, filters = kernel_shape
    return size(height, k_h, stride, padding), size(width, k_w, stride, padding), filters


def _chain(input_shape, layers, size: Callable[..., int] = output_size, count: Callable[..., int] = num_parameters):
    shape, parameters = tuple(input_shape), 0
    for kernel_size, filters, stride, padding in layers:
        kernel_shape = (kernel_size, kernel_size, shape[2], filters)
        parameters += count(kernel_shape, bias=True)
        shape = _layer(size, shape, kernel_shape, stride, padding)
    return shape, parameters


def _with_wrong_size(m: Misconception) -> None:
    def layer(input_shape, kernel_shape, stride=1, padding=0):
        return _layer(m.wrong, input_shape, kernel_shape, stride, padding)

    def chain(input_shape, layers):
        return _chain(input_shape, layers, size=m.wrong)

    for about, wrong in (("layer_shape", layer), ("chain", chain)):
        wrong.__qualname__ = f"{about} with {m.wrong.__qualname__}"
        misconception(m.name, about=about, says=m.says, asks=m.asks)(wrong)


def _with_wrong_count(m: Misconception) -> None:
    def chain(input_shape, layers):
        return _chain(input_shape, layers, count=m.wrong)

    chain.__qualname__ = f"chain with {m.wrong.__qualname__}"
    misconception(m.name, about="chain", says=m.says, asks=m.asks)(chain)


for _m in registered("output_size"):
    if not _m.name.startswith("dilat"):
        _with_wrong_size(_m)
for _m in registered("num_parameters"):
    if _m.name != "bias-counted-anyway":
        _with_wrong_count(_m)


@misconception(
    "channels-kept",
    about="layer_shape",
    says="Your output has as many channels as the image had.",
    asks="One filter makes one number at each place. How many numbers do all the filters make there?",
)
def channels_kept(input_shape, kernel_shape, stride=1, padding=0):
    return *_layer(output_size, input_shape, kernel_shape, stride, padding)[:2], input_shape[2]


@misconception(
    "channels-multiplied",
    about="layer_shape",
    says="Your output has a channel for each pair of filter and input channel.",
    asks="At one place, a filter multiplies through all input channels. What happens to these products?",
)
def channels_multiplied(input_shape, kernel_shape, stride=1, padding=0):
    return *_layer(output_size, input_shape, kernel_shape, stride, padding)[:2], input_shape[2] * kernel_shape[3]


@misconception(
    "filters-forgotten",
    about="layer_shape",
    says="Your shape has no channel axis, or one channel for all the filters together.",
    asks="Each filter makes one picture. Where do the pictures of all the filters go?",
)
def filters_forgotten(input_shape, kernel_shape, stride=1, padding=0):
    return _layer(output_size, input_shape, kernel_shape, stride, padding)[:2]


@misconception(
    "filters-forgotten",
    about="layer_shape",
    says="Your shape has no channel axis, or one channel for all the filters together.",
    asks="Each filter makes one picture. Where do the pictures of all the filters go?",
)
def one_channel_for_all(input_shape, kernel_shape, stride=1, padding=0):
    return *_layer(output_size, input_shape, kernel_shape, stride, padding)[:2], 1


@misconception(
    "channels-first",
    about="layer_shape",
    says="Your numbers are right but in the order of another library: channels come first there.",
    asks="In which order do we write the axes of an image in this course?",
)
def channels_first(input_shape, kernel_shape, stride=1, padding=0):
    height, width, filters = _layer(output_size, input_shape, kernel_shape, stride, padding)
    return filters, height, width


@misconception(
    "kernel-axes-swapped",
    about="layer_shape",
    says="The filter's height was used along the width, and its width along the height.",
    asks="Which axis of the kernel moves along the height of the image?",
)
def kernel_axes_swapped(input_shape, kernel_shape, stride=1, padding=0):
    k_h, k_w, *channels = kernel_shape
    return _layer(output_size, input_shape, (k_w, k_h, *channels), stride, padding)


def _chain_with_channels(input_shape, layers, channels):
    """The chain, with the input channels of each layer as `channels(filters)` says."""
    shape, parameters = tuple(input_shape), 0
    for kernel_size, filters, stride, padding in layers:
        kernel_shape = (kernel_size, kernel_size, channels(filters), filters)
        parameters += num_parameters(kernel_shape, bias=True)
        shape = _layer(output_size, shape, kernel_shape, stride, padding)
    return shape, parameters


@misconception(
    "channels-not-updated",
    about="chain",
    says="Every layer was counted with the channels of the first image.",
    asks="Whose output is the second layer's input, and how many channels does it have?",
)
def channels_not_updated(input_shape, layers):
    return _chain_with_channels(input_shape, layers, lambda filters: input_shape[2])


@misconception(
    "channels-not-updated",
    about="chain",
    says="The channels of the first image went through all layers, and came out again at the end.",
    asks="How many channels does a layer give, and which layer takes them in?",
)
def channels_never_updated(input_shape, layers):
    shape, parameters = channels_not_updated(input_shape, layers)
    return (*shape[:2], input_shape[2]), parameters


@misconception(
    "channels-updated-too-early",
    about="chain",
    says="A layer was counted with its own filters as its input channels.",
    asks="When your loop counts the weights, does C already belong to the next layer?",
)
def channels_too_early(input_shape, layers):
    return _chain_with_channels(input_shape, layers, lambda filters: filters)


@misconception(
    "last-layer-only",
    about="chain",
    says="Only the last layer's parameters are left in your number.",
    asks="What does each turn of the loop do with the count of the turn before?",
)
def last_layer_only(input_shape, layers):
    shape, parameters = tuple(input_shape), 0
    for layer in layers:
        (shape, parameters) = _chain(shape, [layer])
    return shape, parameters


@misconception(
    "first-layer-only",
    about="chain",
    says="Your function stopped after the first layer.",
    asks="How far is your `return` indented?",
)
def first_layer_only(input_shape, layers):
    return _chain(input_shape, layers[:1])


@misconception(
    "height-and-width-not-updated",
    about="chain",
    says="Every layer got the height and width of the first image.",
    asks="How big is the image that the second layer sees?",
)
def space_not_updated(input_shape, layers):
    shape, parameters = _chain(input_shape, layers)
    for kernel_size, filters, stride, padding in layers:
        shape = _layer(output_size, input_shape, (kernel_size, kernel_size, 0, filters), stride, padding)
    return shape, parameters


@misconception(
    "stride-ignored",
    about="receptive_field",
    says="You left out the strides.",
    asks="Two neighbours after a layer of stride 2: how many pixels are they apart?",
)
def field_without_strides(layers):
    return 1 + sum(kernel_size - 1 for kernel_size, _ in layers)


@misconception(
    "stride-counted-too-early",
    about="receptive_field",
    says="You let a layer's own stride widen what it sees.",
    asks="A single layer with a kernel of 3: how many pixels does an output see, with stride 1 and with stride 2?",
)
def field_with_its_own_stride(layers):
    width = apart = 1
    for kernel_size, stride in layers:
        apart *= stride
        width += (kernel_size - 1) * apart
    return width


@misconception(
    "last-stride-only",
    about="receptive_field",
    says="You counted the stride of the layer before, and not the product of all strides before.",
    asks="Two layers of stride 2 in a row: how many pixels are two neighbours apart behind them?",
)
def field_with_one_stride(layers):
    width = apart = 1
    for kernel_size, stride in layers:
        width += (kernel_size - 1) * apart
        apart = stride
    return width


@misconception(
    "size-off-by-one",
    about="receptive_field",
    says="Your width is one pixel off.",
    asks="Without any layer, how many pixels does one pixel depend on?",
)
def field_from_nothing(layers):
    width, apart = 0, 1
    for kernel_size, stride in layers:
        width += (kernel_size - 1) * apart
        apart *= stride
    return width


@misconception(
    "sizes-added",
    about="receptive_field",
    says="You added up the kernel sizes.",
    asks="Two layers of 3: the window of the second covers three outputs. How many pixels do these cover together?",
)
def field_of_all_kernels(layers):
    return sum(kernel_size for kernel_size, _ in layers)


@misconception(
    "sizes-multiplied",
    about="receptive_field",
    says="You multiplied the kernel sizes.",
    asks="Two layers of 3: the three windows below the second one overlap. How many different pixels are in them?",
)
def field_of_the_product(layers):
    width = 1
    for kernel_size, _ in layers:
        width *= kernel_size
    return width
