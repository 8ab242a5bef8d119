package org.apache.mxnet

/** 16-bit floating point numbers, which the JVM lacks before Java 20: conversions round to nearest, ties to even. */
private[mxnet] object Half {
  def toFloat(bits: Short): Float = {
    val sign = (bits & 0x8000) << 16
    val exponent = (bits >> 10) & 0x1f
    val fraction = bits & 0x3ff
    if (exponent == 0x1f) java.lang.Float.intBitsToFloat(sign | 0x7f800000 | (fraction << 13))
    else if (exponent != 0) java.lang.Float.intBitsToFloat(sign | ((exponent + 112) << 23) | (fraction << 13))
    else {
      val magnitude = fraction * 5.9604645e-8f
      if (sign != 0) -magnitude else magnitude
    }
  }

  def ofFloat(value: Float): Short = {
    val bits = java.lang.Float.floatToIntBits(value)
    val sign = (bits >>> 16) & 0x8000
    val magnitude = bits & 0x7fffffff
    val half =
      if (magnitude > 0x7f800000) 0x7e00
      else if (magnitude >= 0x477ff000) 0x7c00
      else if (magnitude < 0x38800000) Math.rint(java.lang.Float.intBitsToFloat(magnitude).toDouble * 16777216.0).toInt
      else {
        val shifted = magnitude - (112 << 23)
        (shifted + 0xfff + ((shifted >> 13) & 1)) >> 13
      }
    (sign | half).toShort
  }
}
