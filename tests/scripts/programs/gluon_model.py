"""An exported Gluon model, loaded as a block."""

import warnings

import mxnet as mx


def load(prefix, epoch, ctx):
    """The block, on a context."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mx.gluon.SymbolBlock.imports(f"{prefix}-symbol.json", ["data"], f"{prefix}-{epoch:04d}.params", ctx=ctx)


def predict(net, images, batch_size=50):
    """Scores of all images."""
    loader = mx.gluon.data.DataLoader(mx.gluon.data.ArrayDataset(images), batch_size=batch_size)
    return mx.nd.concat(*[net(batch) for batch in loader], dim=0).asnumpy()
