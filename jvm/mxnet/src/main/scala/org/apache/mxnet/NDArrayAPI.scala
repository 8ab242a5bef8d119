package org.apache.mxnet

/** Operators on arrays with typed arguments: `NDArray.api`. */
object NDArrayAPI extends NDArrayAPIBase
