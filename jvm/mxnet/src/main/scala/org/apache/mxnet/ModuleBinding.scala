package org.apache.mxnet

import _root_.io.offboard.client.{Dtype, Inference}
import org.apache.mxnet.DType.DType

import scala.collection.JavaConverters._

/** Parameters of a module before it is bound: those that it takes over, and those that it copies. */
private[mxnet] final class ModuleParameters(val lent: Map[String, NDArray], val copied: Map[String, NDArray]) {
  def has(name: String): Boolean = lent.contains(name) || copied.contains(name)
}

private[mxnet] object ModuleParameters {
  /** None yet: they are copied in after binding. */
  val none: ModuleParameters = new ModuleParameters(Map.empty, Map.empty)
}

/** How modules bind: with parameters that others hold or that files gave, and to other shapes without binding again. */
private[mxnet] object ModuleBinding {
  /** Whether an argument is a label by its name: no checkpoint has it, and its shape goes with the batch. */
  def isLabel(name: String): Boolean = name.endsWith("label")

  /** Copies a parameter in, unless it is there already: what is not written stays a constant of the bound graph. */
  def fill(target: NDArray, value: NDArray): Unit = {
    val there = value.shape == target.shape && value.dtype == target.dtype && value.elements.bytes == target.elements.bytes
    if (!there) value.copyTo(target)
  }

  /** The same for every parameter that is given, by name. */
  def fill(targets: Map[String, NDArray], values: Map[String, NDArray], allowExtra: Boolean): Unit =
    Option(values).getOrElse(Map.empty).foreach { case (name, value) =>
      targets.get(name) match {
        case Some(target) => fill(target, value)
        case None => require(allowExtra, s"The symbol has no parameter $name")
      }
    }

  /**
   * Binds to arrays whose shapes follow from those of the inputs.
   *
   * @param inputs shapes of what every batch feeds
   * @param types of the inputs
   */
  def bind(symbol: Symbol, ctx: Context, inputs: Map[String, Shape], types: Map[String, DType], parameters: ModuleParameters): Executor =
    MXNetError.translated {
      Binding.checkContext(ctx, GivenArrays.nothing)
      val inferred = infer(symbol, inputs, types)
      def made(names: Seq[String], found: Inference.Found): Array[NDArray] =
        names.zip(found.shapes.asScala).zip(found.dtypes.asScala).map { case ((name, shape), dtype) =>
          arrayOf(name, shape, dtype, inputs, parameters)
        }.toArray
      val (names, states) = (symbol.listArguments(), symbol.listAuxiliaryStates())
      val arguments = made(names, inferred.arguments)
      val auxiliary = made(states, inferred.auxiliary)
      val settled = (names ++ states).forall(name => inputs.contains(name) || isLabel(name) || parameters.has(name))
      new Executor(new BoundGraph(symbol, ctx, inputs.keys.toSeq, settled, inferred), symbol, arguments,
        new Array[NDArray](names.size), auxiliary, ctx, Seq("null"), null)
    }

  private def infer(symbol: Symbol, inputs: Map[String, Shape], types: Map[String, DType]): Inference =
    Inference.of(symbol.graph, inputs.map { case (name, shape) => name -> shape.toLongs }.asJava, Symbol.clientTypes(types))

  private def arrayOf(name: String, shape: Array[Long], dtype: Dtype, inputs: Map[String, Shape], parameters: ModuleParameters): NDArray = {
    val known = required(name, shape, inputs)
    val element = if (dtype == null) Dtype.FLOAT32 else dtype
    parameters.lent.get(name) match {
      case Some(array) =>
        require(array.shape == known && array.elements.dtype == element,
          s"parameter $name is shared: it has shape ${array.shape} and type ${array.dtype}, here it needs $known and ${element.numpyName}")
        array
      case None =>
        val array = NDArray.make(known, Context.cpu(), element)
        parameters.copied.get(name).foreach(_.copyTo(array))
        array
    }
  }

  private def required(name: String, shape: Array[Long], inputs: Map[String, Shape]): Shape = {
    if (shape == null || shape.exists(_ <= 0)) {
      throw new MXNetError(s"The shape of $name cannot be inferred from ${described(inputs)}")
    }
    Shape.ofLongs(shape)
  }

  private def described(inputs: Map[String, Shape]): String = inputs.map { case (name, shape) => s"$name: $shape" }.mkString(", ")

  /** Arrays' shapes for other shapes of a bound executor's inputs. */
  final class Resizing(val arguments: IndexedSeq[Shape], val outputs: IndexedSeq[Shape])

  /**
   * Asks what other input shapes make of an executor's arrays.
   *
   * @param parameters names whose shapes must stay
   */
  def resizing(executor: Executor, inputs: Map[String, Shape], parameters: Set[String]): Resizing = MXNetError.translated {
    val names = executor.symbol.listArguments()
    val types = names.zip(executor.argArrays).collect { case (name, array) if inputs.contains(name) => name -> array.dtype }.toMap
    val inferred = infer(executor.symbol, inputs, types)
    val arguments = names.zip(inferred.arguments.shapes.asScala).map { case (name, shape) => required(name, shape, inputs) }
    names.zip(arguments).zip(executor.argArrays).foreach { case ((name, shape), array) =>
      require(!parameters(name) || isLabel(name) || shape == array.shape,
        s"Shape of unspecified array arg:$name changed from ${array.shape} to $shape for ${described(inputs)}: these inputs do not fit the parameters")
    }
    val outputs = inferred.outputs.shapes.asScala.map(shape => Shape.ofLongs(if (shape == null) Array(0L) else shape.map(Math.max(0L, _))))
    new Resizing(arguments, outputs.toIndexedSeq)
  }

  /** Gives an executor arrays of other shapes; what it is bound to takes them as they come. */
  def resize(executor: Executor, to: Resizing): Unit = {
    executor.argArrays.zip(to.arguments).foreach { case (array, shape) => remake(array, shape) }
    executor.outputs.zip(to.outputs).foreach { case (array, shape) => remake(array, shape) }
  }

  private def remake(array: NDArray, shape: Shape): Unit =
    if (array.shape != shape) {
      array.adopt(Elements.zeros(shape, array.elements.dtype))
    }
}
