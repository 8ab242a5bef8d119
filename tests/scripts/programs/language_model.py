"""A recurrent network run step by step, its states fed back, on weights that were trained unrolled."""

import mxnet as mx


def stepper(prefix, epoch, ctx, batch_size, features):
    """An executor of one step, with the states as inputs and outputs."""
    _, arguments, auxiliary = mx.model.load_checkpoint(prefix, epoch)
    hidden = arguments["lstm_l0_h2h_weight"].shape[1]
    stack = mx.rnn.SequentialRNNCell()
    for layer in range(2):
        stack.add(mx.rnn.LSTMCell(num_hidden=hidden, prefix=f"lstm_l{layer}_"))
    states = [mx.sym.Variable(f"state{number}") for number in range(4)]
    output, following = stack(mx.sym.Variable("data"), states)
    classes = arguments["pred_weight"].shape[0]
    scores = mx.sym.FullyConnected(output, num_hidden=classes, name="pred")
    symbol = mx.sym.Group([mx.sym.softmax(scores, name="softmax"), *following])
    shapes = {f"state{number}": (batch_size, hidden) for number in range(4)}
    executor = symbol.simple_bind(ctx, grad_req="null", data=(batch_size, features), **shapes)
    executor.copy_params_from(arguments, auxiliary, allow_extra_params=True)
    return executor


def run(executor, sequence):
    """Probabilities after the last step of a sequence (steps, batch, features)."""
    for number in range(4):
        executor.arg_dict[f"state{number}"][:] = 0
    for step in sequence:
        outputs = executor.forward(is_train=False, data=mx.nd.array(step))
        for number, state in enumerate(outputs[1:]):
            state.copyto(executor.arg_dict[f"state{number}"])
    return outputs[0].asnumpy()
