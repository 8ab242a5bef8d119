"""An MXNet 1.x script as its authors wrote them: arguments are a checkpoint's prefix and a photograph."""

import sys

import mxnet as mx
import numpy as np

# Short names of our own for the classes that the photograph may bring up; others are told by number.
NAMES = {281: "tabby cat", 282: "tiger cat", 283: "Persian cat", 284: "Siamese cat", 285: "Egyptian cat", 287: "lynx"}

prefix, photograph = sys.argv[1:3]
symbol, args, auxs = mx.model.load_checkpoint(prefix, 0)

image = mx.image.imread(photograph)
height, width = image.shape[:2]
image = mx.image.imresize(image, 256 * width // height, 256)
image, _ = mx.image.center_crop(image, (224, 224))
image = image.transpose((2, 0, 1)).expand_dims(axis=0).astype("float32")
args["data"] = image
args["softmax_label"] = mx.nd.zeros((1,))

executor = symbol.bind(ctx=mx.eia(), args=args, aux_states=auxs, grad_req="null")
executor.forward(data=image)
probabilities = np.squeeze(executor.outputs[0].asnumpy())
for index in np.argsort(probabilities)[::-1][:5]:
    print(f"probability={probabilities[index]:f}, class={index} {NAMES.get(int(index), '')}".rstrip())
