package org.apache.mxnet

import org.apache.mxnet.DType.DType

/** The program's own operator. It can be written; graphs with one run in Python, so registering it here is refused. */
abstract class CustomOp {
  def forward(isTrain: Boolean, req: Array[String], inData: Array[NDArray], outData: Array[NDArray], aux: Array[NDArray]): Unit

  def backward(req: Array[String], outGrad: Array[NDArray], inData: Array[NDArray], outData: Array[NDArray], inGrad: Array[NDArray],
      aux: Array[NDArray]): Unit

  /** Writes or adds as a request says. */
  def assign(dst: NDArray, req: String, src: NDArray): Unit = req match {
    case "write" | "inplace" => dst.set(src)
    case "add" => dst += src
    case "null" =>
  }
}

/** What the program's own operator takes and makes. */
abstract class CustomOpProp(needTopGrad: Boolean = false) {
  protected var kwargs: Map[String, String] = Map.empty

  def inferShape(inShape: Array[Shape]): (Array[Shape], Array[Shape], Array[Shape]) = (inShape, inShape.take(1), null)

  def inferType(inType: Array[DType]): (Array[DType], Array[DType], Array[DType]) =
    (inType, Array.fill(listOutputs().length)(inType.head), Array.fill(Option(listAuxiliaryStates()).map(_.length).getOrElse(0))(inType.head))

  def listOutputs(): Array[String] = Array("output")

  def listArguments(): Array[String] = Array("data")

  def listAuxiliaryStates(): Array[String] = null

  def declareBackwardDependency(outGrad: Array[Int], inData: Array[Int], outData: Array[Int]): Array[Int] =
    (if (needTopGrad) outGrad else Array.empty[Int]) ++ inData ++ outData

  def createOperator(ctx: String, inShapes: Array[Array[Int]], inDtypes: Array[Int]): CustomOp
}

object CustomOpProp

/** The program's own operators by name. */
object Operator {
  def register(regName: String, opProp: CustomOpProp): Unit = throw MXNetError.ofRule("operator_not_supported", "operator",
    regName, "reason", "the program's own operators are Python code; run such a graph from Python")
}
