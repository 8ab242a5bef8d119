package org.apache.mxnet

import _root_.io.offboard.client.{Dtype, Inference}
import org.apache.mxnet.DType.DType

import scala.collection.JavaConverters._

/** From what a program gives to an executor. */
private[mxnet] object Binding {
  /** Binds to the program's own arrays, which it may go on writing to. */
  def bind(symbol: Symbol, ctx: Context, args: GivenArrays, gradients: GivenArrays, requests: GradientRequests, auxiliary: GivenArrays,
      group2ctx: Map[String, Context]): Executor = MXNetError.translated {
    checkContext(ctx, gradients)
    val (names, states) = (symbol.listArguments(), symbol.listAuxiliaryStates())
    val argArrays = args.of(names, "args", mayMiss = false)
    val gradArrays = gradients.of(names, "args_grad", mayMiss = true)
    val auxArrays = auxiliary.of(states, "aux_states", mayMiss = false)
    refuseRepeated(names)
    val given = names.zip(argArrays) ++ states.zip(auxArrays)
    val inferred = Inference.of(symbol.graph, given.map { case (name, array) => name -> array.shape.toLongs }.toMap.asJava,
      given.map { case (name, array) => name -> array.elements.dtype }.toMap.asJava)
    new Executor(new BoundGraph(symbol, ctx, Nil, settled = true, inferred), symbol, argArrays, gradArrays, auxArrays, ctx,
      requests.requests, group2ctx)
  }

  /** Binds to new arrays. */
  def simple(symbol: Symbol, ctx: Context, gradReq: String, shapes: Map[String, Shape], types: Map[String, DType]): Executor =
    MXNetError.translated {
      checkContext(ctx, GivenArrays.nothing)
      val requests = GradientRequests.all(gradReq)
      val (names, states) = (symbol.listArguments(), symbol.listAuxiliaryStates())
      refuseRepeated(names)
      val known = Option(types).getOrElse(Map.empty[String, DType]).filter(_._2 != null)
      val inferred = Inference.of(
        symbol.graph, shapes.map { case (name, shape) => name -> shape.toLongs }.asJava, Symbol.clientTypes(known))
      val given = shapes.map { case (name, shape) => s"$name: $shape" }.mkString("\n")
      val argArrays = made(names, inferred.arguments, given)
      val auxArrays = made(states, inferred.auxiliary, given)
      val gradArrays =
        if (gradReq == "null" || ctx.deviceType == "eia") new Array[NDArray](names.size)
        else argArrays.map(each => NDArray.make(each.shape, Context.cpu(), each.elements.dtype))
      new Executor(new BoundGraph(symbol, ctx, shapes.keys.toSeq, settled = false, inferred), symbol, argArrays, gradArrays, auxArrays, ctx,
        requests.requests, null)
    }

  private def made(names: Seq[String], found: Inference.Found, given: String): Array[NDArray] =
    names.zip(found.shapes.asScala).zip(found.dtypes.asScala).map { case ((name, shape), dtype) =>
      if (shape == null || shape.exists(_ <= 0)) {
        throw new MXNetError(s"simple_bind error. Arguments:\n$given\nThe shape of $name cannot be inferred from these")
      }
      NDArray.make(Shape.ofLongs(shape), Context.cpu(), if (dtype == null) Dtype.FLOAT32 else dtype)
    }.toArray

  /** Refuses what the context cannot do: the GPU anything, an accelerator what trains. */
  def checkContext(ctx: Context, gradients: GivenArrays): Unit = {
    if (ctx.deviceType == "gpu") throw MXNetError.ofRule("gpu_disabled")
    Context.requireSingle(ctx)
    if (ctx.deviceType == "eia" && !gradients.isEmpty) throw MXNetError.ofRule("inference_only", "operation", "args_grad")
  }

  private def refuseRepeated(names: Seq[String]): Unit = {
    val repeated = names.diff(names.distinct).distinct.sorted
    if (repeated.nonEmpty) {
      throw new MXNetError(
        s"Check failed: arg_names.size() == in_args_map.size(): several arguments are named ${repeated.mkString(", ")}")
    }
  }
}
