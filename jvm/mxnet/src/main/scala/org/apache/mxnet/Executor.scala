package org.apache.mxnet

import org.apache.mxnet.Base.CPtrAddress

/** A symbol bound to arrays. Its arrays and its outputs live on the CPU, wherever it runs. */
class Executor private[mxnet] (
    private[mxnet] val bound: BoundGraph,
    private[mxnet] val symbol: Symbol,
    private[mxnet] var argArrays: Array[NDArray] = null,
    private[mxnet] var gradArrays: Array[NDArray] = null,
    private[mxnet] var auxArrays: Array[NDArray] = null,
    private[mxnet] val ctx: Context = null,
    private[mxnet] val gradsReq: Iterable[String] = null,
    private[mxnet] val group2ctx: Map[String, Context] = null) extends NativeResource {

  bound.open(symbol.listArguments().zip(argArrays) ++ symbol.listAuxiliaryStates().zip(auxArrays))

  /** The same arrays throughout; each forward fills them. */
  val outputs: Array[NDArray] = bound.outputArrays()

  protected var _argDict: Map[String, NDArray] = Executor.named(symbol.listArguments(), argArrays)
  protected var _gradDict: Map[String, NDArray] = Executor.named(symbol.listArguments(), gradArrays)
  protected var _auxDict: Map[String, NDArray] = Executor.named(symbol.listAuxiliaryStates(), auxArrays)
  protected var monitorCallback: MXMonitorCallback = null

  override def nativeAddress: CPtrAddress = System.identityHashCode(this).toLong
  override def nativeDeAllocator: CPtrAddress => Int = Executor.release(bound)
  override val bytesAllocated: Long = 0L
  override val ref: NativeResourceRef = super.register()

  override def dispose(): Unit = dispose(removeFromScope = true)

  override private[mxnet] def dispose(removeFromScope: Boolean): Unit =
    if (!isDisposed) {
      super.dispose(removeFromScope)
      outputs.foreach(_.dispose())
    }

  /**
   * An executor of the same graph for other shapes of inputs, which shares the arrays whose shape stays.
   *
   * @param partialShaping whether shapes may change that are not given
   * @param allowUpSizing whether larger arrays may be made anew
   */
  def reshape(partialShaping: Boolean = false, allowUpSizing: Boolean = false, kwargs: Map[String, Shape]): Executor = {
    val (argShapes, _, auxShapes) = symbol.inferShape(kwargs)
    require(argShapes != null, "Insufficient argument shapes provided.")
    def resized(name: String, kind: String, array: NDArray, shape: Shape): NDArray =
      if (array == null || array.shape == shape) array
      else {
        if (!partialShaping && !kwargs.contains(name)) {
          throw new IllegalArgumentException(s"Shape of unspecified array $kind:$name changed. This can cause the new executor to not " +
            "share parameters with the old one. Please check for error in network. If this is intended, set partialShaping = true to " +
            "suppress this warning.")
        }
        if (shape.product > array.size) {
          require(allowUpSizing, s"New shape of $kind:$name larger than original. First making a big executor and then down sizing it " +
            "is more efficient than the reverse. If you really want to up size, set allowUpSizing = true to enable allocation of new arrays.")
          NDArray.make(shape, Context.cpu(), array.elements.dtype)
        } else {
          array.reshape(Array(array.size)).slice(0, shape.product).reshape(shape)
        }
      }
    val names = symbol.listArguments()
    val args = names.indices.map(i => resized(names(i), "arg", argArrays(i), argShapes(i)))
    val gradients = names.indices.map(i => if (gradArrays == null) null else resized(names(i), "arg", gradArrays(i), argShapes(i)))
    val states = symbol.listAuxiliaryStates()
    val aux = states.indices.map(i => resized(states(i), "aux", auxArrays(i), auxShapes(i)))
    val kept = if (gradients.forall(_ == null)) GivenArrays.nothing else GivenArrays.by(gradients)
    val made = Binding.bind(symbol, ctx, GivenArrays.by(args), kept, GradientRequests.by(gradsReq.toSeq), GivenArrays.by(aux), group2ctx)
    made.outputs.indices.foreach(i => made.outputs(i) = Executor.within(outputs(i), made.outputs(i)))
    made
  }

  /** Copies arrays into the arguments of these names and runs the graph. */
  def forward(isTrain: Boolean, kwargs: (String, NDArray)*): Unit = {
    kwargs.foreach { case (name, value) =>
      require(argDict.contains(name), s"Unknown argument $name")
      argDict(name).set(value)
    }
    if (isTrain && ctx.deviceType == "eia") throw MXNetError.ofRule("inference_only", "operation", "forward(is_train=True)")
    if (isDisposed) throw new MXNetError("The executor was disposed of")
    MXNetError.translated(bound.forward(isTrain, outputs))
    if (monitorCallback != null) ExecutorMonitor.show(this, monitorCallback, isTrain)
  }

  def forward(): Unit = forward(isTrain = false)

  def backward(outGrads: Array[NDArray]): Unit = throw refusal("backward")
  def backward(outGrad: NDArray): Unit = backward(Array(outGrad))
  def backward(): Unit = backward(Array.empty[NDArray])

  private def refusal(operation: String): MXNetError =
    MXNetError.ofRule(if (ctx.deviceType == "eia") "inference_only" else "inference_only_cpu", "operation", operation)

  /** Shows every output of every node to a callback after each forward. */
  def setMonitorCallback(callback: MXMonitorCallback): Unit = monitorCallback = callback

  def argDict: Map[String, NDArray] = _argDict
  def gradDict: Map[String, NDArray] = _gradDict
  def auxDict: Map[String, NDArray] = _auxDict

  /** Copies parameters into the arrays of their names. */
  def copyParamsFrom(argParams: Map[String, NDArray], auxParams: Map[String, NDArray], allowExtraParams: Boolean = false): Unit = {
    copyInto(argDict, argParams, allowExtraParams, "is not in the arguments")
    if (auxParams != null) copyInto(auxDict, auxParams, allowExtraParams, "is not in the auxiliary states")
  }

  def copyParamsFrom(argParams: Map[String, NDArray], allowExtraParams: Boolean): Unit = copyParamsFrom(argParams, null, allowExtraParams)

  def copyParamsFrom(argParams: Map[String, NDArray]): Unit = copyParamsFrom(argParams, allowExtraParams = false)

  private def copyInto(targets: Map[String, NDArray], given: Map[String, NDArray], allowExtra: Boolean, otherwise: String): Unit =
    given.foreach { case (name, array) =>
      targets.get(name) match {
        case Some(target) => array.copyTo(target)
        case None => require(allowExtra, s"Found name $name that $otherwise")
      }
    }

  /** The graph's nodes and their inputs, line by line. */
  def debugStr: String = symbol.debugStr
}

object Executor {
  /** An array in the memory of another, if it fits in. */
  private def within(whole: NDArray, part: NDArray): NDArray =
    if (whole.dtype != part.dtype || whole.size < part.size || whole.shape.length == 0) part
    else {
      val made = whole.reshape(Array(whole.size)).slice(0, part.size).reshape(part.shape)
      part.dispose()
      made
    }

  private def named(names: Seq[String], arrays: Array[NDArray]): Map[String, NDArray] =
    if (arrays == null) Map.empty else names.zip(arrays).filter(_._2 != null).toMap

  /** Refers to what is bound alone, so that an executor that nobody holds is collected. */
  private def release(bound: BoundGraph): CPtrAddress => Int = _ => {
    bound.close()
    0
  }
}
