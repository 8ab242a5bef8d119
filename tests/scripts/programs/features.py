"""What a layer inside a trained network says of images."""

import mxnet as mx


def extractor(prefix, epoch, layer, ctx, shape):
    """A module that ends at a layer."""
    symbol, arguments, auxiliary = mx.model.load_checkpoint(prefix, epoch)
    internals = symbol.get_internals()
    assert layer in internals.list_outputs()
    module = mx.mod.Module(symbol=internals[layer], label_names=None, context=ctx)
    module.bind(for_training=False, data_shapes=[("data", shape)])
    module.set_params(arguments, auxiliary, allow_extra=True)
    return module, arguments


def features(module, images):
    """One row an image."""
    iterator = mx.io.NDArrayIter(images, batch_size=module.data_shapes[0].shape[0])
    return module.predict(iterator).asnumpy()
