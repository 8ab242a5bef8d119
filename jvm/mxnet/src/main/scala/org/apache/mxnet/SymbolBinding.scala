package org.apache.mxnet

import org.apache.mxnet.DType.DType

/** The many forms of binding a symbol: arrays, gradients, requests and states by position or by name. */
abstract class SymbolBinding private[mxnet] () { this: Symbol =>
  import GivenArrays.{by, nothing}

  /** Binds to new arrays, whose shapes follow from the descriptions. */
  def simpleBind(ctx: Context, gradReq: String, descs: IndexedSeq[DataDesc]): Executor =
    simpleBind(ctx, gradReq, descs.map(each => each.name -> each.shape).toMap, descs.map(each => each.name -> each.dtype).toMap)

  /**
   * Binds to new arrays, whose shapes and types follow from those given.
   *
   * @param gradReq `write`, `add` or `null`; an accelerator runs inference only and makes no gradient arrays
   */
  def simpleBind(ctx: Context, gradReq: String = "write", shapeDict: Map[String, Shape], typeDict: Map[String, DType] = null): Executor =
    Binding.simple(this, ctx, gradReq, shapeDict, typeDict)

  def bind(ctx: Context, args: Seq[NDArray], argsGrad: Seq[NDArray], gradReq: String, auxStates: Seq[NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.all(gradReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Seq[NDArray], argsGrad: Seq[NDArray], gradReq: String, auxStates: Map[String, NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.all(gradReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Seq[NDArray], argsGrad: Map[String, NDArray], gradReq: String, auxStates: Seq[NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.all(gradReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Seq[NDArray], argsGrad: Map[String, NDArray], gradReq: String, auxStates: Map[String, NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.all(gradReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Map[String, NDArray], argsGrad: Seq[NDArray], gradReq: String, auxStates: Seq[NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.all(gradReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Map[String, NDArray], argsGrad: Seq[NDArray], gradReq: String, auxStates: Map[String, NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.all(gradReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Map[String, NDArray], argsGrad: Map[String, NDArray], gradReq: String, auxStates: Seq[NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.all(gradReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Map[String, NDArray], argsGrad: Map[String, NDArray], gradReq: String, auxStates: Map[String, NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.all(gradReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Seq[NDArray], argsGrad: Seq[NDArray], gradsReq: Seq[String], auxStates: Seq[NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.by(gradsReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Seq[NDArray], argsGrad: Seq[NDArray], gradsReq: Seq[String], auxStates: Map[String, NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.by(gradsReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Seq[NDArray], argsGrad: Map[String, NDArray], gradsReq: Seq[String], auxStates: Seq[NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.by(gradsReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Seq[NDArray], argsGrad: Map[String, NDArray], gradsReq: Seq[String], auxStates: Map[String, NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.by(gradsReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Map[String, NDArray], argsGrad: Seq[NDArray], gradsReq: Seq[String], auxStates: Seq[NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.by(gradsReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Map[String, NDArray], argsGrad: Seq[NDArray], gradsReq: Seq[String], auxStates: Map[String, NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.by(gradsReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Map[String, NDArray], argsGrad: Map[String, NDArray], gradsReq: Seq[String], auxStates: Seq[NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.by(gradsReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Map[String, NDArray], argsGrad: Map[String, NDArray], gradsReq: Seq[String], auxStates: Map[String, NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.by(gradsReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Seq[NDArray], argsGrad: Seq[NDArray], gradsReq: Map[String, String], auxStates: Seq[NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.by(gradsReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Seq[NDArray], argsGrad: Seq[NDArray], gradsReq: Map[String, String], auxStates: Map[String, NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.by(gradsReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Seq[NDArray], argsGrad: Map[String, NDArray], gradsReq: Map[String, String], auxStates: Seq[NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.by(gradsReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Seq[NDArray], argsGrad: Map[String, NDArray], gradsReq: Map[String, String], auxStates: Map[String, NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.by(gradsReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Map[String, NDArray], argsGrad: Seq[NDArray], gradsReq: Map[String, String], auxStates: Seq[NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.by(gradsReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Map[String, NDArray], argsGrad: Seq[NDArray], gradsReq: Map[String, String], auxStates: Map[String, NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.by(gradsReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Map[String, NDArray], argsGrad: Map[String, NDArray], gradsReq: Map[String, String], auxStates: Seq[NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.by(gradsReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Map[String, NDArray], argsGrad: Map[String, NDArray], gradsReq: Map[String, String], auxStates: Map[String, NDArray],
      group2ctx: Map[String, Context], sharedExec: Executor): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.by(gradsReq), by(auxStates), group2ctx)

  def bind(ctx: Context, args: Seq[NDArray], argsGrad: Seq[NDArray]): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.all("write"), nothing, null)

  def bind(ctx: Context, args: Map[String, NDArray], argsGrad: Map[String, NDArray]): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.all("write"), nothing, null)

  def bind(ctx: Context, args: Map[String, NDArray], argsGrad: Seq[NDArray]): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.all("write"), nothing, null)

  def bind(ctx: Context, args: Seq[NDArray], argsGrad: Map[String, NDArray]): Executor =
    Binding.bind(this, ctx, by(args), by(argsGrad), GradientRequests.all("write"), nothing, null)

  def bind(ctx: Context, args: Seq[NDArray]): Executor =
    Binding.bind(this, ctx, by(args), nothing, GradientRequests.all("write"), nothing, null)

  def bind(ctx: Context, args: Map[String, NDArray]): Executor =
    Binding.bind(this, ctx, by(args), nothing, GradientRequests.all("write"), nothing, null)
}
