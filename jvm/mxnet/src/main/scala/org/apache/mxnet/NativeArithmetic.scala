package org.apache.mxnet

import _root_.io.offboard.client.Dtype

/** An element-wise function of two numbers, in each of the types that it is computed in. */
private[mxnet] abstract class ElementWise(val ofArrays: String, val ofScalar: String, val ofReversed: String) {
  def floats(a: Float, b: Float): Float
  def doubles(a: Double, b: Double): Double
  def longs(a: Long, b: Long): Long

  /** Whether whole numbers are computed here as well: where dividing by zero is possible they are not. */
  def takesIntegers: Boolean = true

  /** Whether two sparse arrays of one format make another of it. */
  def keepsZerosOfBoth: Boolean = false

  /** Whether a sparse array and a number make another of its format. */
  def keepsZerosWithNumber: Boolean = false
}

/** Element-wise basics, computed in the JVM; everything else is the instance's Python's. */
private[mxnet] object NativeArithmetic {
  object Plus extends ElementWise("elemwise_add", "_plus_scalar", "_plus_scalar") {
    def floats(a: Float, b: Float): Float = a + b
    def doubles(a: Double, b: Double): Double = a + b
    def longs(a: Long, b: Long): Long = a + b
    override def keepsZerosOfBoth: Boolean = true
  }

  object Minus extends ElementWise("elemwise_sub", "_minus_scalar", "_rminus_scalar") {
    def floats(a: Float, b: Float): Float = a - b
    def doubles(a: Double, b: Double): Double = a - b
    def longs(a: Long, b: Long): Long = a - b
    override def keepsZerosOfBoth: Boolean = true
  }

  object Times extends ElementWise("elemwise_mul", "_mul_scalar", "_mul_scalar") {
    def floats(a: Float, b: Float): Float = a * b
    def doubles(a: Double, b: Double): Double = a * b
    def longs(a: Long, b: Long): Long = a * b
    override def keepsZerosOfBoth: Boolean = true
    override def keepsZerosWithNumber: Boolean = true
  }

  object Divided extends ElementWise("elemwise_div", "_div_scalar", "_rdiv_scalar") {
    def floats(a: Float, b: Float): Float = a / b
    def doubles(a: Double, b: Double): Double = a / b
    def longs(a: Long, b: Long): Long = a / b
    override def keepsZerosWithNumber: Boolean = true
    override def takesIntegers: Boolean = false
  }

  /** The remainder has the divisor's sign; that of a division by zero is 0. */
  object Modulo extends ElementWise("_mod", "_mod_scalar", "_rmod_scalar") {
    def floats(a: Float, b: Float): Float = doubles(a.toDouble, b.toDouble).toFloat
    def doubles(a: Double, b: Double): Double =
      if (b == 0) 0.0
      else {
        val rest = a % b
        if (rest != 0 && (rest < 0) != (b < 0)) rest + b else rest
      }
    def longs(a: Long, b: Long): Long = Math.floorMod(a, b)
    override def takesIntegers: Boolean = false
  }

  object Power extends ElementWise("_power", "_power_scalar", "_rpower_scalar") {
    def floats(a: Float, b: Float): Float = Math.pow(a.toDouble, b.toDouble).toFloat
    def doubles(a: Double, b: Double): Double = Math.pow(a, b)
    def longs(a: Long, b: Long): Long = Math.pow(a.toDouble, b.toDouble).toLong
    override def takesIntegers: Boolean = false
  }

  object Maximum extends ElementWise("_maximum", "_maximum_scalar", "_maximum_scalar") {
    def floats(a: Float, b: Float): Float = if (a.isNaN || a > b) a else b
    def doubles(a: Double, b: Double): Double = if (a.isNaN || a > b) a else b
    def longs(a: Long, b: Long): Long = Math.max(a, b)
  }

  object Minimum extends ElementWise("_minimum", "_minimum_scalar", "_minimum_scalar") {
    def floats(a: Float, b: Float): Float = if (a.isNaN || a < b) a else b
    def doubles(a: Double, b: Double): Double = if (a.isNaN || a < b) a else b
    def longs(a: Long, b: Long): Long = Math.min(a, b)
  }

  /** A comparison: 1 where it holds, 0 elsewhere. */
  final class Comparison(name: String, reversed: String, holds: (Int, Boolean) => Boolean)
      extends ElementWise(s"broadcast_$name", s"_${name}_scalar", s"_${reversed}_scalar") {
    private def test(a: Double, b: Double): Boolean = holds(if (a < b) -1 else if (a > b) 1 else 0, a.isNaN || b.isNaN)
    def floats(a: Float, b: Float): Float = if (test(a.toDouble, b.toDouble)) 1f else 0f
    def doubles(a: Double, b: Double): Double = if (test(a, b)) 1.0 else 0.0
    def longs(a: Long, b: Long): Long = if (holds(java.lang.Long.compare(a, b), false)) 1 else 0
  }

  val Equal = new Comparison("equal", "equal", (order, nan) => order == 0 && !nan)
  val NotEqual = new Comparison("not_equal", "not_equal", (order, nan) => order != 0 || nan)
  val Greater = new Comparison("greater", "lesser", (order, nan) => order > 0 && !nan)
  val GreaterEqual = new Comparison("greater_equal", "lesser_equal", (order, nan) => order >= 0 && !nan)
  val Lesser = new Comparison("lesser", "greater", (order, nan) => order < 0 && !nan)
  val LesserEqual = new Comparison("lesser_equal", "greater_equal", (order, nan) => order <= 0 && !nan)

  private def computable(function: ElementWise, dtype: Dtype): Boolean = dtype match {
    case Dtype.FLOAT32 | Dtype.FLOAT64 | Dtype.FLOAT16 => true
    case Dtype.INT8 | Dtype.UINT8 | Dtype.INT32 | Dtype.INT64 => function.takesIntegers
    case _ => false
  }

  /** Whether two arrays are combined here: of one type and shape. */
  def takes(function: ElementWise, a: Elements, b: Elements): Boolean =
    a.dtype == b.dtype && a.shape == b.shape && computable(function, a.dtype)

  /** Whether an array and a number are combined here. */
  def takes(function: ElementWise, a: Elements): Boolean = computable(function, a.dtype)

  /** `out(i) = function(a(i), b(i))`; `out` may be either of them. */
  def combine(function: ElementWise, a: Elements, b: Elements, out: Elements): Unit = {
    val left = a.bytes
    val right = b.bytes
    val result = out.bytes
    var i = 0
    a.dtype match {
      case Dtype.FLOAT32 =>
        val (x, y, z) = (left.asFloatBuffer, right.asFloatBuffer, result.asFloatBuffer)
        while (i < a.size) { z.put(i, function.floats(x.get(i), y.get(i))); i += 1 }
      case Dtype.FLOAT64 =>
        val (x, y, z) = (left.asDoubleBuffer, right.asDoubleBuffer, result.asDoubleBuffer)
        while (i < a.size) { z.put(i, function.doubles(x.get(i), y.get(i))); i += 1 }
      case Dtype.FLOAT16 =>
        val (x, y, z) = (left.asShortBuffer, right.asShortBuffer, result.asShortBuffer)
        while (i < a.size) {
          z.put(i, Half.ofFloat(function.floats(Half.toFloat(x.get(i)), Half.toFloat(y.get(i)))))
          i += 1
        }
      case dtype =>
        val (x, y) = (Conversion.toLongs(a), Conversion.toLongs(b))
        while (i < a.size) { Conversion.putLong(result, dtype, i, function.longs(x(i), y(i))); i += 1 }
    }
    out.memory.written()
  }

  /** `out(i) = function(a(i), number)`, or with the two exchanged. The number becomes one of the array's type. */
  def combine(function: ElementWise, a: Elements, number: Double, reversed: Boolean, out: Elements): Unit = {
    val left = a.bytes
    val result = out.bytes
    var i = 0
    def floats(x: Float): Float = if (reversed) function.floats(number.toFloat, x) else function.floats(x, number.toFloat)
    a.dtype match {
      case Dtype.FLOAT32 =>
        val (x, z) = (left.asFloatBuffer, result.asFloatBuffer)
        while (i < a.size) { z.put(i, floats(x.get(i))); i += 1 }
      case Dtype.FLOAT64 =>
        val (x, z) = (left.asDoubleBuffer, result.asDoubleBuffer)
        while (i < a.size) {
          z.put(i, if (reversed) function.doubles(number, x.get(i)) else function.doubles(x.get(i), number))
          i += 1
        }
      case Dtype.FLOAT16 =>
        val (x, z) = (left.asShortBuffer, result.asShortBuffer)
        val half = Half.toFloat(Half.ofFloat(number.toFloat))
        while (i < a.size) {
          val each = Half.toFloat(x.get(i))
          z.put(i, Half.ofFloat(if (reversed) function.floats(half, each) else function.floats(each, half)))
          i += 1
        }
      case dtype =>
        val x = Conversion.toLongs(a)
        val whole = number.toLong
        while (i < a.size) {
          Conversion.putLong(result, dtype, i, if (reversed) function.longs(whole, x(i)) else function.longs(x(i), whole))
          i += 1
        }
    }
    out.memory.written()
  }
}
