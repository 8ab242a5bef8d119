package org.apache.mxnet.javaapi

import org.apache.mxnet

import scala.language.implicitConversions

/** Name, shape, element type and layout of an input; for Java. */
class DataDesc private[mxnet] (val dataDesc: mxnet.DataDesc) {
  def this(name: String, shape: Shape, dType: DType.DType, layout: String) =
    this(mxnet.DataDesc(name, shape.shape, dType, layout))

  override def toString: String = dataDesc.toString
}

object DataDesc {
  implicit def fromDataDesc(dDesc: mxnet.DataDesc): DataDesc = new DataDesc(dDesc)

  implicit def toDataDesc(dataDesc: DataDesc): mxnet.DataDesc = dataDesc.dataDesc

  /** The axis of the batch in a layout, -1 if there is none. */
  def getBatchAxis(layout: String): Int = mxnet.DataDesc.getBatchAxis(Option(layout))
}
