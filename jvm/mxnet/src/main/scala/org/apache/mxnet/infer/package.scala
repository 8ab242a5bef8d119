package org.apache.mxnet

/** Inference with a model's files: predictors, classifiers and detectors. */
package object infer {
  private[mxnet] val handlerType = MXNetHandlerType.SingleThreadHandler
}
