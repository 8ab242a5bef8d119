"""A trained classifier over an iterator: accuracy, and what it says of each image."""

import mxnet as mx


def classify(prefix, epoch, ctx, images, labels):
    """(accuracy, probabilities)."""
    symbol, arguments, auxiliary = mx.model.load_checkpoint(prefix, epoch)
    module = mx.mod.Module(symbol=symbol, context=ctx, label_names=["softmax_label"])
    iterator = mx.io.NDArrayIter(images, labels, batch_size=32)
    module.bind(for_training=False, data_shapes=iterator.provide_data, label_shapes=iterator.provide_label)
    module.set_params(arguments, auxiliary)
    accuracy = dict(module.score(iterator, mx.metric.Accuracy()))["accuracy"]
    iterator.reset()
    return accuracy, module.predict(iterator).asnumpy()
