package org.apache.mxnet

import _root_.io.offboard.gateway.Gateway
import org.apache.mxnet.Base.MX_REAL_TYPE
import org.apache.mxnet.DType.DType

/** Random numbers; the instance's Python draws them. */
object Random {
  private def sample(operator: String, parameters: Map[String, Any], shape: Shape, ctx: Context, dtype: DType, out: NDArray): NDArray = {
    val target = if (out != null) out else NDArray.empty(shape, ctx, dtype)
    require(shape == null || out == null || shape == out.shape, s"an array of shape ${target.shape} for random numbers of shape $shape")
    OperatorCalls.untyped(operator, Nil, parameters ++ Map("shape" -> target.shape, "dtype" -> target.dtype, "out" -> target))
    target
  }

  /** Numbers between low and high, all as likely. */
  def uniform(low: Float, high: Float, shape: Shape = null, ctx: Context = null, out: NDArray = null): NDArray =
    sample("_random_uniform", Map("low" -> low, "high" -> high), shape, ctx, MX_REAL_TYPE, out)

  /** Normally distributed numbers. */
  def normal(loc: Float, scale: Float, shape: Shape = null, ctx: Context = null, out: NDArray = null): NDArray =
    sample("_random_normal", Map("loc" -> loc, "scale" -> scale), shape, ctx, MX_REAL_TYPE, out)

  /** Starts the stream of random numbers again. */
  def seed(seedState: Int): Unit = MXNetError.translated(Gateway.instance.seed(seedState.toLong))
}
