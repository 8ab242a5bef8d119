"""Sequences of several lengths through one set of weights."""

import mxnet as mx


def predict(prefix, epoch, ctx, sequences):
    """Scores after the last step of each batch (batch, length, features) of sequences."""
    _, arguments, auxiliary = mx.model.load_checkpoint(prefix, epoch)
    hidden, classes = arguments["lstm_l0_h2h_weight"].shape[1], arguments["pred_weight"].shape[0]

    def network(length):
        stack = mx.rnn.SequentialRNNCell()
        for layer in range(2):
            stack.add(mx.rnn.LSTMCell(num_hidden=hidden, prefix=f"lstm_l{layer}_"))
        outputs, _ = stack.unroll(length, inputs=mx.sym.Variable("data"), layout="NTC", merge_outputs=False)
        scores = mx.sym.FullyConnected(outputs[-1], num_hidden=classes, name="pred")
        return mx.sym.softmax(scores, name="softmax"), ("data",), None

    longest = max(sequences, key=lambda each: each.shape[1])
    module = mx.mod.BucketingModule(network, default_bucket_key=longest.shape[1], context=ctx)
    module.bind(data_shapes=[("data", longest.shape)], for_training=False)
    module.set_params(arguments, auxiliary)
    made = []
    for sequence in sequences:
        shapes = [mx.io.DataDesc("data", sequence.shape)]
        batch = mx.io.DataBatch([mx.nd.array(sequence)], bucket_key=sequence.shape[1], provide_data=shapes)
        module.forward(batch, is_train=False)
        made.append(module.get_outputs()[0].asnumpy())
    return made
