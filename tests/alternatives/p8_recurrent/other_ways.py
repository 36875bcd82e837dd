"""One sequence after the other; tanh has the slope 1 / cosh²; the truncated gradient is that of a shorter sequence."""


def rnn(x, w_x, w_h, bias, h0):
    h = np.empty((*x.shape[:2], h0.shape[1]), dtype=x.dtype)
    for b, sequence in enumerate(x):
        state = h0[b]
        for t, step in enumerate(sequence):
            state = h[b, t] = np.tanh(np.concatenate([step, state]) @ np.concatenate([w_x, w_h]) + bias)
    return h


def rnn_grad(grad_output, x, w_x, w_h, bias, h0):
    total = [np.zeros_like(a) for a in (x, w_x, w_h, bias, h0)]
    for b in range(len(x)):
        insides, states = [], [h0[b]]
        for step in x[b]:
            insides.append(step @ w_x + states[-1] @ w_h + bias)
            states.append(np.tanh(insides[-1]))
        for t in range(len(insides) - 1, -1, -1):
            g = (grad_output[b, t] + total[4][b]) / np.cosh(insides[t]) ** 2
            total[0][b, t] = w_x @ g
            total[1] += np.outer(x[b, t], g)
            total[2] += np.outer(states[t], g)
            total[3] += g
            total[4][b] = w_h @ g
    return tuple(total)


def truncated_grad(u, w, keep):
    state = 0.0
    for number in u[: len(u) - keep]:
        state = w * (number + state)
    slope = 0.0  # how the state changes with the weight: this one comes from before, and is taken for a constant
    for number in u[len(u) - keep :]:
        slope = number + state + w * slope
        state = w * (number + state)
    return slope


dy_dw = u_3 + w * (2 * u_2 + 3 * w * u_1)
dL_dw_h = delta_2 * (1 - h_2**2) * (h_1 + w_h * (1 - h_1**2) * h_0) + delta_1 * (1 - h_1**2) * h_0
