package org.apache.mxnet

import org.apache.mxnet.MX_PRIMITIVES.MX_PRIMITIVE_TYPE

/** Element-wise functions of arrays and numbers: in the JVM where it can, else by the operator of that name. */
private[mxnet] object NDArrayArithmetic {
  def apply(function: ElementWise, lhs: NDArray, rhs: NDArray): NDArray =
    if (isNative(function, lhs, rhs)) result(lhs, rhs)(NativeArithmetic.combine(function, lhs.elements, rhs.elements, _))
    else likeInputs(function.keepsZerosOfBoth && rhs.sparseFormat == lhs.sparseFormat, lhs, rhs) {
      OperatorCalls.untyped(function.ofArrays, Seq(lhs, rhs), null).head
    }

  def apply(function: ElementWise, lhs: NDArray, rhs: MX_PRIMITIVE_TYPE): NDArray =
    if (isNative(function, lhs)) result(lhs)(NativeArithmetic.combine(function, lhs.elements, MX_PRIMITIVES.toDouble(rhs), false, _))
    else likeInputs(function.keepsZerosWithNumber, lhs)(OperatorCalls.untyped(function.ofScalar, Seq(lhs, rhs), null).head)

  /** The number comes first. */
  def reversed(function: ElementWise, lhs: MX_PRIMITIVE_TYPE, rhs: NDArray): NDArray =
    if (isNative(function, rhs)) result(rhs)(NativeArithmetic.combine(function, rhs.elements, MX_PRIMITIVES.toDouble(lhs), true, _))
    else OperatorCalls.untyped(function.ofReversed, Seq(rhs, lhs), null).head

  /** The result takes the place of the first array's elements. */
  def into(function: ElementWise, lhs: NDArray, rhs: NDArray): NDArray = {
    requireWritable(lhs)
    if (isNative(function, lhs, rhs)) NativeArithmetic.combine(function, lhs.elements, rhs.elements, lhs.elements)
    else OperatorCalls.untyped(function.ofArrays, Seq(lhs, rhs), Map("out" -> lhs))
    lhs
  }

  def into(function: ElementWise, lhs: NDArray, rhs: MX_PRIMITIVE_TYPE): NDArray = {
    requireWritable(lhs)
    if (isNative(function, lhs)) NativeArithmetic.combine(function, lhs.elements, MX_PRIMITIVES.toDouble(rhs), false, lhs.elements)
    else OperatorCalls.untyped(function.ofScalar, Seq(lhs, rhs), Map("out" -> lhs))
    lhs
  }

  /** The result of sparse arrays is sparse as they are, where it is zero wherever they are. */
  private def likeInputs(keepsZeros: Boolean, inputs: NDArray*)(compute: => NDArray): NDArray = {
    val made = compute
    if (keepsZeros && inputs.forall(_.isSparse)) {
      val sparse = SparseNDArray.ofDense(made, inputs.head.sparseFormat)
      NDArray.addDependency(inputs.toArray, Array(sparse))
      made.dispose()
      sparse
    } else {
      made
    }
  }

  private def requireWritable(array: NDArray): Unit =
    if (!array.writable) throw new IllegalArgumentException("trying to write to a read-only NDArray")

  private def isNative(function: ElementWise, lhs: NDArray, rhs: NDArray): Boolean =
    !lhs.isSparse && !rhs.isSparse && NativeArithmetic.takes(function, lhs.elements, rhs.elements)

  private def isNative(function: ElementWise, array: NDArray): Boolean =
    !array.isSparse && NativeArithmetic.takes(function, array.elements)

  private def result(inputs: NDArray*)(compute: Elements => Unit): NDArray = {
    val made = NDArray.make(inputs.head.shape, inputs.head.context, inputs.head.elements.dtype)
    compute(made.elements)
    NDArray.addDependency(inputs.toArray, Array(made))
    made
  }
}
