package org.apache.mxnet

/** Fills arrays by what their names say they are. */
abstract class Initializer {
  def apply(name: String, arr: NDArray): Unit =
    if (name.startsWith("upsampling")) initBilinear(name, arr)
    else if (name.endsWith("bias")) initBias(name, arr)
    else if (name.endsWith("gamma")) initGamma(name, arr)
    else if (name.endsWith("beta")) initBeta(name, arr)
    else if (name.endsWith("weight")) initWeight(name, arr)
    else if (name.endsWith("moving_mean")) initZero(name, arr)
    else if (name.endsWith("moving_var")) initOne(name, arr)
    else if (name.endsWith("moving_avg")) initZero(name, arr)
    else initDefault(name, arr)

  protected def initBilinear(name: String, arr: NDArray): Unit = {
    val shape = arr.shape
    require(shape.length == 4, s"a bilinear filter has four axes, not $shape")
    val factor = Math.ceil(shape(3) / 2.0f).toFloat
    val center = (2 * factor - 1 - factor % 2) / (2.0f * factor)
    arr.set(Array.tabulate(arr.size) { i =>
      val x = i % shape(3)
      val y = (i / shape(3)) % shape(2)
      (1 - Math.abs(x / factor - center)) * (1 - Math.abs(y / factor - center))
    })
  }

  protected def initZero(name: String, arr: NDArray): Unit = arr.set(0f)
  private def initOne(name: String, arr: NDArray): Unit = arr.set(1f)
  protected def initBias(name: String, arr: NDArray): Unit = arr.set(0f)
  protected def initGamma(name: String, arr: NDArray): Unit = arr.set(1f)
  protected def initBeta(name: String, arr: NDArray): Unit = arr.set(0f)
  protected def initWeight(name: String, arr: NDArray): Unit

  protected def initDefault(name: String, arr: NDArray): Unit =
    throw new IllegalArgumentException(s"Unknown initialization pattern for $name.")
}

/** Fills arrays by the first initializer whose pattern their name matches. */
class Mixed(protected val patterns: List[String], protected val initializers: List[Initializer]) extends Initializer {
  require(patterns.length == initializers.length, s"${patterns.length} patterns for ${initializers.length} initializers")
  private val choices = patterns.map(_.r).zip(initializers)

  override def apply(name: String, arr: NDArray): Unit =
    choices.find { case (pattern, _) => pattern.findFirstIn(name).isDefined } match {
      case Some((_, initializer)) => initializer(name, arr)
      case None => throw new IllegalArgumentException(
        s"Parameter name $name did not match any pattern. Consider adding a .* pattern at the end with a default Initializer.")
    }

  override def initWeight(name: String, arr: NDArray): Unit = ()
}

/** Weights between -scale and scale. */
class Uniform(protected val scale: Float = 0.07f) extends Initializer {
  override def initWeight(name: String, arr: NDArray): Unit = Random.uniform(-scale, scale, arr.shape, out = arr)
}

/** Normally distributed weights. */
class Normal(protected val sigma: Float = 0.01f) extends Initializer {
  override def initWeight(name: String, arr: NDArray): Unit = Random.normal(0, sigma, arr.shape, out = arr)
}

/**
 * Weights whose spread depends on how many inputs and outputs they connect.
 *
 * @param rndType `uniform` or `gaussian`
 * @param factorType `avg`, `in` or `out`
 */
class Xavier(protected val rndType: String = "uniform", protected val factorType: String = "avg", protected val magnitude: Float = 3)
    extends Initializer {
  override def initWeight(name: String, arr: NDArray): Unit = {
    val shape = arr.shape
    val area = if (shape.length > 2) shape.slice(2, shape.length).product else 1
    val (fanIn, fanOut) = (shape.slice(1, shape.length).product.toFloat, shape(0).toFloat * area)
    val factor = factorType match {
      case "avg" => (fanIn + fanOut) / 2f
      case "in" => fanIn
      case "out" => fanOut
      case _ => throw new IllegalArgumentException("Incorrect factor type")
    }
    val scale = Math.sqrt(magnitude / factor).toFloat
    rndType match {
      case "uniform" => Random.uniform(-scale, scale, shape, out = arr)
      case "gaussian" => Random.normal(0, scale, shape, out = arr)
      case _ => throw new IllegalArgumentException("Unknown random type")
    }
  }
}
