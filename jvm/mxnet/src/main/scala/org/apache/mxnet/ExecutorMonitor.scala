package org.apache.mxnet

/** The outputs of every node of a bound graph, which is bound a second time with all of them as its outputs. */
private[mxnet] object ExecutorMonitor {
  def show(executor: Executor, callback: MXMonitorCallback, isTrain: Boolean): Unit = {
    val internals = executor.symbol.getInternals()
    val wanted = internals.listOutputs().zipWithIndex.filter { case (_, i) => !internals.entries(i).node.isVariable }
    val everything = Symbol.Group(wanted.map { case (_, i) => internals.get(i) }: _*)
    val names = everything.listArguments().toSet
    val inner = Binding.bind(everything, executor.ctx, GivenArrays.by(executor.argDict.filter(each => names.contains(each._1))),
      GivenArrays.nothing, GradientRequests.all("null"), GivenArrays.by(executor.auxDict), null)
    try {
      inner.forward(isTrain)
      wanted.zip(inner.outputs).foreach { case ((name, _), output) => callback.invoke(name, output.handle) }
    } finally inner.dispose()
  }
}
