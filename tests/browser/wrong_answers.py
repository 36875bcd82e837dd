"""Answers that students really give, and the name of the mistake in each: one number or choice, one piece of code."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wrong:
    """`answer` is a whole cell; or, where `right` is given, the reference answer with `right` replaced by it."""

    question: str
    mistake: str
    answer: str
    right: str | None = None

    def cell(self, reference: str) -> str:
        if self.right is None:
            return self.answer
        if reference.count(self.right) != 1:
            raise ValueError(f"{self.question}: {self.right!r} is not there exactly once")
        return reference.replace(self.right, self.answer)


WRONG = {
    "p1_dimensions": [
        Wrong("q1a_i", "flipped-forward", "y_by_hand = [-4, 1, -1]"),
        Wrong("q1h", "channels-kept", "        pass", right="        C = filters"),
    ],
    "p2_conv_as_matrix": [
        Wrong("q2a", "rows-not-moved", "W = sp.Matrix([[w0, w1, w2, 0, 0, 0]] * 4)"),
        Wrong("q2b", "stride-not-in-start", "W[i, i : i + k]", right="W[i, i * stride : i * stride + k]"),
    ],
    "p3_backprop_1d": [
        Wrong(
            "q3b_i",
            "unflipped-dx",
            "dL_dx = [delta_0 * w_2, delta_0 * w_1 + delta_1 * w_2, delta_0 * w_0 + delta_1 * w_1, delta_1 * w_0]",
        ),
        Wrong("q3e_i", "overwrite-overlap", "grad_x_strided = [3, 9, -1, -3, 2, 0]"),
        Wrong("q3e_iii", "padding-shift", "return padded[:n]", right="return padded[padding : padding + n]"),
    ],
    "p4_backprop_2d": [
        Wrong("q4b_i", "not-flipped", "y_with_minus = 8"),
        Wrong("q4d_ii", "channels-not-swapped", "", right=".swapaxes(2, 3)"),
        Wrong("q4f", "bias-averaged", ".mean(axis=(0, 1, 2))", right=".sum(axis=(0, 1, 2))"),
    ],
    "p5_pooling": [
        Wrong(
            "q5c_ii",
            "window-at-own-pixel",
            "right_marks = [[0, 0, 0, 0], [0, 0, 1, 0], [1, 1, 0, 1], [0, 1, 1, 1]]",
        ),
        Wrong("q5c_iv", "overwrite-overlap", "c] = grad_output", right="c] += grad_output"),
        Wrong("q5c_v", "subgradient-b-refused", 'wrong_program = "B"'),
    ],
    "p6_batchnorm": [
        Wrong("q6a_i", "bn-var-not-std", "x_hat_by_hand = [-0.25] * 4 + [1]\ny_by_hand = [8.5] * 4 + [16]"),
        Wrong(
            "q6b_iii",
            "bn-channels-mixed",
            "rows = x.reshape(x.shape[-1], -1).T",
            right="rows = x.reshape(-1, x.shape[-1])",
        ),
        Wrong("q6d_i", "bn-stats-constant", "dx_by_hand = [2, 0, 0, 0, 0]"),
    ],
    "p7_train_a_cnn": [
        Wrong("q7e_i", "loss-starts-at-zero", "first_loss = 0"),
        Wrong("q7e_iii", "batch-not-divided", "return p", right="return p / len(labels)"),
        Wrong("q7f", "no-relu-backward-second-block", "", right='    g = relu_grad(g, s["n2"])\n'),
    ],
    "p8_recurrent": [
        Wrong("q8a_i", "memory-not-weighted", "h_by_hand = [4, 2, 8]"),
        Wrong("q8b_ii", "start-state-forgotten", "state = 0 * h0", right="state = h0"),
        Wrong("q8c_iii", "overwritten-in-the-loop", "dw_h = before.T @ g", right="dw_h += before.T @ g"),
        Wrong("q8f_i", "gates-swapped", "c_new = 1.25"),
    ],
    "p9_variations": [
        Wrong("q9a_i", "own-stride-counted", "field = 17\njump = 4"),
        Wrong("q9d_i", "overwrite-overlap", "y_up = [2, 8, -1, -4, 3, 12, 6]"),
        Wrong("q9f_ii", "bn-no-beta", "x_hat.reshape(x.shape)", right="x_hat.reshape(x.shape) + beta"),
        Wrong("q9g_ii", "bridge-forgotten", "return inside @ w1.T", right="return grad_output + inside @ w1.T"),
    ],
}
