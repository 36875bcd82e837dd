"""At the first step h[:, t - 1] is the last state, and nobody complains. [mistake: last-state-for-the-first]"""


def rnn_grad(grad_output, x, w_x, w_h, bias, h0):
    h = rnn(x, w_x, w_h, bias, h0)
    dx, dw_x, dw_h, dbias, back = (np.zeros_like(a) for a in (x, w_x, w_h, bias, h0))
    for t in reversed(range(x.shape[1])):
        g = (grad_output[:, t] + back) * (1 - h[:, t] ** 2)
        dw_x += x[:, t].T @ g
        dw_h += h[:, t - 1].T @ g
        dbias += g.sum(axis=0)
        dx[:, t] = g @ w_x.T
        back = g @ w_h.T
    return dx, dw_x, dw_h, dbias, back
