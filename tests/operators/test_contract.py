"""What operators promise beside their numbers: clear errors, dtypes, arguments left alone, a light import."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import utils
from tests.compare import our_conv, our_pool
from tests.strategies import Layer, layers

ROOT = Path(__file__).parents[2]

X, W = np.ones((2, 6, 5, 3)), np.ones((3, 2, 3, 4))
DY = np.ones((2, 4, 4, 4))
G = np.ones(3)
SEQ = np.ones((2, 5, 3))

ops: Any = utils  # wrong on purpose: the types are not looked at

WRONG = [
    # call, error, what it must say: the argument, what it was, what was expected
    (lambda: ops.conv2d(X[0], W), ValueError, r"^x has shape \(6, 5, 3\), expected .*B, H, W, C"),
    (lambda: ops.conv2d(X, W[0]), ValueError, r"^w has shape \(2, 3, 4\), expected \(kH, kW, C, D\)"),
    (lambda: ops.conv1d(np.ones(4), np.ones((2, 2))), ValueError, r"^w has shape \(2, 2\), expected \(k, C, D\)"),
    (lambda: ops.conv1d(np.ones((4, 1)), np.ones(2)), ValueError, r"^x has shape \(4, 1\), expected \(n,\)"),
    (lambda: ops.conv(np.ones(4), np.ones(2)), ValueError, r"^w has shape \(2,\), expected \(k\.\.\., C, D\)"),
    (lambda: ops.conv2d(X[..., :2], W), ValueError, r"^x has 2 channels, expected 3.*\(3, 2, 3, 4\)"),
    (lambda: ops.conv2d(X[:, :2], W), ValueError, r"^kernel_size is 3, larger than the padded input.*= 2"),
    (lambda: ops.conv2d(X, W, dilation=3), ValueError, r"^kernel_size is 3 \(with dilation 3 it spans 7\)"),
    (lambda: ops.conv2d(X, W, stride=0), ValueError, r"^stride is 0, expected at least 1"),
    (lambda: ops.conv2d(X, W, stride=(1, -2)), ValueError, r"^stride is \(1, -2\), expected at least 1"),
    (lambda: ops.conv2d(X, W, stride=1.5), TypeError, r"^stride is 1.5, expected an int or 2 ints"),
    (lambda: ops.conv2d(X, W, stride=(1, 1, 1)), ValueError, r"^stride is \(1, 1, 1\), expected .*2 ints"),
    (lambda: ops.conv2d(X, W, padding="full"), ValueError, r"^padding is 'full', expected an int"),
    (lambda: ops.conv2d(X, W, padding="same", stride=2), ValueError, r"^padding is 'same'.* stride is \(2, 2\)"),
    (lambda: ops.conv2d(X, W, padding={1}), TypeError, r"^padding is \{1\}, expected an int or 2 ints"),
    (lambda: ops.conv2d(X, W, padding=((1, 2),)), ValueError, r"^padding is \(\(1, 2\),\), expected 2 pairs"),
    (lambda: ops.conv2d(X, W, padding=((1, 2), (0, -1))), ValueError, r"^padding is .*expected 2 pairs .*none below 0"),
    (
        lambda: ops.conv1d(SEQ, np.ones((3, 3, 1)), padding=(1, 2)),
        ValueError,
        r"^padding is \(1, 2\), expected one int",
    ),
    (lambda: ops.conv2d(X, W[:, :, :1], groups=2), ValueError, r"^groups is 2, expected .*divides x's 3 channels"),
    (lambda: ops.conv2d(X, W[:, :, :1], groups=3), ValueError, r"^groups is 3, expected .*divides w's 4 filters"),
    (lambda: ops.conv2d(X, W[..., :3], groups=3), ValueError, r"^x has 3 channels, expected 9: w .*each of 3 groups"),
    (lambda: ops.conv2d(X, W, groups=0), ValueError, r"^groups is 0, expected at least 1"),
    (lambda: ops.conv2d(X[0, ..., 0], W[..., 0, 0], groups=2), ValueError, r"^groups is 2, expected 1: w is bare"),
    (lambda: ops.conv2d(X, W, padding=-1), ValueError, r"^padding is -1, expected at least 0"),
    (lambda: ops.conv2d(X, W, dilation=0), ValueError, r"^dilation is 0, expected at least 1"),
    (lambda: ops.conv2d(X, W, bias=np.ones(3)), ValueError, r"^bias has shape \(3,\), expected \(4,\)"),
    (lambda: ops.conv1d(np.ones(4), np.ones(2), [1, 2]), ValueError, r"^bias has shape \(2,\), expected a number"),
    (lambda: ops.conv2d(X.astype(object), W), TypeError, r"^x holds object values, expected real numbers"),
    (lambda: ops.conv2d(X, W * 1j), TypeError, r"^w holds complex128 values, expected real"),
    (lambda: ops.conv2d([[1, 2], [3]], W), TypeError, r"^x is not an array of numbers"),
    (lambda: ops.conv2d(X, np.ones((0, 2, 3, 4))), ValueError, r"^w has shape \(0, 2, 3, 4\), expected"),
    (lambda: ops.conv2d(X[:0], W), ValueError, r"^x has shape \(0, 6, 5, 3\), expected"),
    (lambda: ops.conv2d_grad_input(DY[:, 1:], W, X.shape), ValueError, r"^grad_output has shape \(2, 3, 4, 4\), expe"),
    (lambda: ops.conv2d_grad_input(DY, W, (6, 5, 3)), ValueError, r"^input_shape is \(6, 5, 3\), expected"),
    (lambda: ops.conv2d_grad_input(DY, W, (2, 6, 5, 1)), ValueError, r"^input_shape has 1 channels, expected 3"),
    (lambda: ops.conv2d_grad_input(DY, W, 6), ValueError, r"^input_shape is \(6,\), expected"),
    (lambda: ops.conv2d_grad_weight(DY, X, (3, 2, 3)), ValueError, r"^kernel_shape is"),
    (lambda: ops.conv2d_grad_weight(DY, X[1:], W.shape), ValueError, r"^grad_output has shape \(2, 4, 4, 4\), expe"),
    (lambda: ops.conv2d_grad_bias(DY[0]), ValueError, r"^grad_output has shape \(4, 4, 4\), expected \(B, outH"),
    (lambda: ops.true_convolution(X[0], W), ValueError, r"^x has shape"),
    (lambda: ops.conv_matrix(np.ones((2, 2)), 4), ValueError, r"^w has shape \(2, 2\), expected \(k,\)"),
    (lambda: ops.conv_matrix(np.ones(5), 3), ValueError, r"^kernel_size is 5, larger than the padded input.*= 3"),
    (lambda: ops.im2col(X, 9), ValueError, r"^kernel_size is 9, larger"),
    (lambda: ops.im2col(3.0, 1), ValueError, r"^x is a single number"),
    (lambda: ops.col2im(np.ones((3, 4)), (4,), 2), ValueError, r"^columns has shape \(3, 4\), expected \(3, 2\)"),
    (lambda: ops.output_size(3, 5), ValueError, r"^kernel_size is 5, larger than the padded input"),
    (lambda: ops.output_size(3.0, 5), TypeError, r"^n is 3.0, expected an int"),
    (lambda: ops.output_size((3, 4), 2), ValueError, r"^n is \(3, 4\), expected an int|^n is \(3, 4\), expected one"),
    (lambda: ops.num_parameters((5, 0)), ValueError, r"^kernel_shape is \(5, 0\), expected at least 1"),
    (lambda: ops.max_pool2d(X, 4, padding=3), ValueError, r"^padding is 3, expected at most half of kernel_size"),
    (lambda: ops.max_pool2d(X, 3, padding=((0, 2), (0, 0))), ValueError, r"^padding is .*, expected at most half of"),
    (lambda: ops.max_pool2d(X, 2, 1, 2, dilation=2), ValueError, r"^padding is 2, expected at most half of what .* 3$"),
    (lambda: ops.max_pool1d(G[:1], 2, 1, 1, dilation=2), ValueError, r"^dilation is 2, with which a window of x lies"),
    (lambda: ops.max_pool_indices(G, 2), ValueError, r"^x has shape \(3,\), expected \(B, n"),
    (lambda: ops.max_pool2d(X, 7), ValueError, r"^kernel_size is 7, larger than the padded input"),
    (lambda: ops.max_pool2d(X, 0), ValueError, r"^kernel_size is 0, expected at least 1"),
    (lambda: ops.max_pool1d(X, 2), ValueError, r"^x has shape \(2, 6, 5, 3\), expected \(B, n, C\)"),
    (lambda: ops.pool(np.ones((2, 2)), 2), ValueError, r"^x has shape \(2, 2\), expected \(B, n..., C\)"),
    (lambda: ops.pool(X, 2, mode="min"), ValueError, r"^mode is 'min', expected 'max' or 'avg'"),
    (lambda: ops.max_pool2d_grad(DY, X, 2), ValueError, r"^grad_output has shape .* expected \(2, 3, 2, 3\)"),
    (lambda: ops.avg_pool2d_grad(DY, X.shape[1:], 2), ValueError, r"^input_shape is \(6, 5, 3\), exp"),
    (lambda: ops.batch_norm(G, G, G), ValueError, r"^x has shape \(3,\), expected \(N, C\) or"),
    (lambda: ops.batch_norm(X, np.ones(2), G), ValueError, r"^gamma has shape \(2,\), expected \(3,\)"),
    (lambda: ops.batch_norm(X, G, np.ones(1)), ValueError, r"^beta has shape \(1,\), expected \(3,\)"),
    (lambda: ops.batch_norm(X, G, G, eps=-1), ValueError, r"^eps is -1, expected"),
    (lambda: ops.batch_norm_grad(X[:1], X, G), ValueError, r"^grad_output has shape \(1, 6, 5, 3\), expected"),
    (lambda: ops.BatchNorm(3).train(np.ones((1, 3))), ValueError, r"^x has shape \(1, 3\), expected at least 2"),
    (lambda: ops.BatchNorm(2).evaluate(X), ValueError, r"^x has shape \(2, 6, 5, 3\), expected 2 channels"),
    (lambda: ops.BatchNorm(0), ValueError, r"^channels is 0, expected at least 1"),
    (
        lambda: ops.conv_transpose2d(X, W),
        ValueError,
        r"^x has 3 channels, expected 4, the last axis of w: .*D channels to C",
    ),
    (lambda: ops.conv_transpose(X[0], W), ValueError, r"^x has shape \(6, 5, 3\), expected \(B, H, W, D\)"),
    (lambda: ops.conv_transpose(DY, W[0, 0]), ValueError, r"^w has shape \(3, 4\), expected \(k\.\.\., C, D\)"),
    (lambda: ops.conv_transpose1d(DY, np.ones((2, 2))), ValueError, r"^w has shape \(2, 2\), expected \(k, C, D\) or"),
    (lambda: ops.conv_transpose1d(DY, np.ones(2)), ValueError, r"^x has shape .*, expected \(n,\), because w is bare"),
    (lambda: ops.conv_transpose1d(G, G, G), ValueError, r"^bias has shape \(3,\), expected a number"),
    (lambda: ops.conv_transpose(DY, W, G[:2]), ValueError, r"^bias has shape \(2,\), expected \(3,\)"),
    (lambda: ops.conv_transpose(DY, W, output_padding=1), ValueError, r"^output_padding is 1, expected less .* 1$"),
    (lambda: ops.conv_transpose(DY, W, padding=3), ValueError, r"^padding is 3 \+ 3, expected less than 6"),
    (lambda: ops.conv_transpose(DY, W, groups=3), ValueError, r"^groups is 3, expected .*divides x's 4 channels"),
    (
        lambda: ops.conv_transpose_grad_input(DY, W, (2, 4, 4, 4)),
        ValueError,
        r"^grad_output has shape \(2, 4, 4, 4\), expected \(2, 6, 5, 3\)",
    ),
    (
        lambda: ops.conv_transpose_grad_weight(DY, DY, (3, 2, 3, 3)),
        ValueError,
        r"^x has 4 channels, expected 3, the last axis of kernel_shape",
    ),
    (lambda: ops.layer_norm(X, np.ones(2), G), ValueError, r"^gamma has shape \(2,\), expected \(3,\): the last axes"),
    (lambda: ops.layer_norm(X, np.float64(1), G), ValueError, r"^gamma has shape \(\), expected the last axes of x"),
    (lambda: ops.layer_norm(X, G, G[:2]), ValueError, r"^beta has shape \(2,\), expected \(3,\): the shape of gamma"),
    (lambda: ops.group_norm(X, G, G, 2), ValueError, r"^groups is 2, expected a number that divides x's 3 channels"),
    (lambda: ops.group_norm(G, G, G, 1), ValueError, r"^x has shape \(3,\), expected \(B, C\) or"),
    (lambda: ops.group_norm(X, G, G, 1, eps=-1e-9), ValueError, r"^eps is -1e-09, expected a small number"),
    (lambda: ops.group_norm(X, G, G, 1, eps=[1]), TypeError, r"^eps is \[1\], expected a small number"),
    (lambda: ops.instance_norm(X[0, 0], G, G), ValueError, r"^x has shape \(5, 3\), expected \(B, n\.\.\., C\)"),
    (lambda: ops.instance_norm_grad(X[:1], X, G), ValueError, r"^grad_output has shape .* the shape of x"),
    (lambda: ops.rnn(X[0, :, 0], G, G), ValueError, r"^x has shape \(6, 3\)|^x has shape .* expected \(B, T, C\)"),
    (lambda: ops.rnn(SEQ, np.ones((3, 2)), np.ones((2, 3))), ValueError, r"^w_h has shape \(2, 3\), expected \(M, M\)"),
    (
        lambda: ops.lstm(SEQ, np.ones((3, 8)), np.ones((2, 2))),
        ValueError,
        r"^w_h has shape \(2, 2\), expected \(M, 4 M\)",
    ),
    (lambda: ops.rnn(SEQ, np.ones((2, 2)), np.eye(2)), ValueError, r"^w_x has shape \(2, 2\), expected \(3, 2\)"),
    (lambda: ops.rnn(SEQ, np.ones((3, 2)), np.eye(2), 1.0), ValueError, r"^bias has shape \(\), expected \(2,\)"),
    (
        lambda: ops.rnn(SEQ, np.ones((3, 2)), np.eye(2), h0=[1, 2]),
        ValueError,
        r"^h0 has shape \(2,\), expected \(2, 2\)",
    ),
    (
        lambda: ops.rnn_grad(np.ones((2, 2)), SEQ, np.ones((3, 2)), np.eye(2)),
        ValueError,
        r"^grad_output has shape \(2, 2\), expected \(2, 5, 2\)",
    ),
    (lambda: ops.rnn_grad(None, SEQ, np.ones((3, 2)), np.eye(2)), TypeError, r"^grad_output holds object values"),
    (lambda: ops.numerical_gradient(np.sum, G, G), ValueError, r"^f\(x\) has shape \(\), expected \(3,\)"),
    (lambda: ops.numerical_gradient(np.abs, G, G, step=0), ValueError, r"^step is 0, expected"),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_bad_input_gets_one_clear_error(number):
    call, error, says = WRONG[number]
    with pytest.raises(error, match=says) as caught:
        call()
    assert type(caught.value) is error
    assert "\n" not in str(caught.value)


@given(layers(most=7))
@settings(max_examples=50)
def test_arguments_may_be_read_only_and_strided_and_stay_as_they_are(layer: Layer):
    shapes = (layer.input_shape, layer.kernel_shape, (layer.filters,), layer.output_shape)
    arrays = layer.draw(*shapes)
    expected = our_conv(*arrays, **layer.settings)
    odd = []
    for array in arrays:  # every second entry of a bigger array, in column order
        big = np.full([2 * n for n in array.shape], np.nan, order="F")
        view = big[(slice(None, None, 2),) * array.ndim][(slice(None, None, -1),) * array.ndim]
        view[...] = array
        view.flags.writeable = False
        odd.append(view)
    results = our_conv(*odd, **layer.settings)
    for name, result in results.items():
        np.testing.assert_allclose(result, expected[name], atol=1e-12)
        assert result.flags.writeable
        assert not any(np.shares_memory(result, array) for array in odd)
    for view, array in zip(odd, arrays, strict=True):
        np.testing.assert_array_equal(view, array)


@given(layers(most=7, pooling=True))
@settings(max_examples=50)
def test_pooling_too(layer: Layer):
    x, dy = layer.draw(layer.input_shape, (layer.batch, *layer.out, layer.channels))
    for mode in ("max", "avg"):
        how = (mode, layer.kernel, layer.stride, layer.padding)
        expected = our_pool(x, dy, *how)
        odd_x, odd_dy = np.asfortranarray(x)[::-1], np.asfortranarray(dy)[::-1]
        odd_x.flags.writeable = odd_dy.flags.writeable = False
        for name, result in our_pool(odd_x, odd_dy, *how).items():
            np.testing.assert_array_equal(result[::-1], expected[name])
            assert result.flags.writeable
            assert not np.shares_memory(result, odd_x)
            assert not np.shares_memory(result, odd_dy)


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.float16, np.int64, np.uint8, bool])
def test_float32_stays_and_everything_else_is_float64(kind):
    expected = np.float32 if kind == np.float32 else np.float64
    x, w, b = np.ones((1, 4, 2), kind), np.ones((2, 2, 3), kind), np.ones(3, kind)
    g = np.ones(2, kind)
    dy = np.ones((1, 3, 3), kind)
    results = [
        utils.conv1d(x, w, b),
        utils.true_convolution(x, w, b),
        utils.conv1d_grad_input(dy, w, x.shape),
        utils.conv1d_grad_weight(dy, x, w.shape),
        utils.conv_grad_bias(dy),
        utils.conv_transpose1d(dy, w, g),
        utils.conv_transpose_grad_input(x, w, dy.shape),
        utils.conv_transpose_grad_weight(x, dy, w.shape),
        utils.im2col(x, 2),
        utils.col2im(utils.im2col(x, 2), x.shape, 2),
        utils.conv_matrix(b, 5),
        utils.max_pool1d(x, 2),
        utils.avg_pool1d(x, 2),
        utils.max_pool_grad(x, x, 1),
        utils.avg_pool_grad(x, x.shape, 1),
        utils.batch_norm(x, g, g),
        utils.layer_norm(x, g, g),
        utils.group_norm(x, g, g, 2),
        utils.instance_norm(x, g, g),
        *utils.layer_norm_grad(x, x, g),
        *utils.group_norm_grad(x, x, g, 2),
        *utils.instance_norm_grad(x, x, g),
        *utils.batch_norm_grad(x, x, g),
        utils.BatchNorm(2).train(x),
        utils.rnn(x, np.ones((2, 3), kind), np.eye(3, dtype=kind), b),
        *utils.rnn_grad(np.ones((1, 4, 3), kind), x, np.ones((2, 3), kind), np.eye(3, dtype=kind)),
        *utils.lstm(x, np.ones((2, 4), kind), np.ones((1, 4), kind)),
        *utils.lstm_grad(np.ones((1, 4, 1), kind), x, np.ones((2, 4), kind), np.ones((1, 4), kind)),
        utils.BatchNorm(2).evaluate(x),
    ]
    assert [r.dtype for r in results] == [expected] * len(results)
    assert utils.conv1d(np.float32(x), np.float64(w)).dtype == np.float64


def test_lists_and_plain_numbers_are_welcome():
    np.testing.assert_array_equal(utils.conv1d([1, 2, 3, 4], [1, 0, -1], 2), [0, 0])
    np.testing.assert_array_equal(utils.conv1d_grad_input([1, 2], [1, 0, -1], 4), [1, 2, -1, -2])
    np.testing.assert_array_equal(utils.conv1d_grad_weight([1, 2], [1, 2, 3, 4], 3), [5, 8, 11])


def test_import_needs_numpy_alone():
    code = """
import sys, numpy
before = set(sys.modules)
import utils
names = {name.partition(".")[0] for name in set(sys.modules) - before}
parts = [name in sys.modules for name in ("utils.check", "utils.explore")]
print(sorted(names - set(sys.stdlib_module_names)), *parts)
print(sorted(set(utils.__all__) - set(dir(utils))))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['numpy', 'utils'] False False", "[]"] or done.stdout.splitlines() == [
        "['utils'] False False",
        "[]",
    ]


def test_every_public_function_says_what_it_takes():
    for name in utils.__all__:
        found = getattr(utils, name)
        described = found.__doc__ or ""
        assert re.search(r"\([A-Z., 0-9a-z+*]*\)|\bshape|\bint\b|\bsize|\bnumber|\barray", described), (
            f"{name} does not say what comes back"
        )
        for parameter in inspect.signature(found).parameters:
            assert re.search(rf"\b{parameter}\b", described), f"{name} does not say what {parameter} is"


MODULES = [p for folder in (ROOT / "utils", ROOT / "utils" / "engine") for p in sorted(folder.glob("*.py"))]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_a_file_s_first_lines_say_what_it_is_for_and_what_may_change_in_it(path: Path) -> None:
    first = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert "may change" in first and first.index("may change") > 20, first
