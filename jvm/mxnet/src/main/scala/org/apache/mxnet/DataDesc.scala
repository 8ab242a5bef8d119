package org.apache.mxnet

import org.apache.mxnet.DType.DType
import org.slf4j.{Logger, LoggerFactory}

import scala.collection.immutable.ListMap
import scala.language.implicitConversions

/** What an input is: its name, shape, element type and the meaning of its axes. */
case class DataDesc(name: String, shape: Shape, dtype: DType = DType.Float32, layout: String = Layout.UNDEFINED) {
  require(layout == Layout.UNDEFINED || shape.length == layout.length,
    s"number of dimensions in $shape should match the layout $layout")

  override def toString: String = s"DataDesc[$name,$shape,$dtype,$layout]"
}

object DataDesc {
  private val logger: Logger = LoggerFactory.getLogger(classOf[DataDesc])

  /** The axis of the batch: 0 where the layout is not known. */
  def getBatchAxis(layout: Option[String]): Int = layout match {
    case None | Some(Layout.UNDEFINED) =>
      logger.debug("The layout is not known: axis 0 is the batch")
      0
    case Some(axes) =>
      require(axes.contains('N'), s"no batch axis 'N' found in layout $axes")
      axes.indexOf('N')
  }

  @deprecated("Please use DataDesc methods instead", "1.3.0")
  implicit def ListMap2Descs(shapes: ListMap[String, Shape]): IndexedSeq[DataDesc] =
    if (shapes == null) null else shapes.map { case (name, shape) => new DataDesc(name, shape) }.toIndexedSeq
}
