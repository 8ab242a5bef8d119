package org.apache.mxnet.infer.javaapi

/**
 * An object that was found.
 *
 * @param className its class
 * @param args score, left, right, top, bottom, in this order of the original's; the last four as shares of the image's size
 */
class ObjectDetectorOutput(className: String, args: Array[Float]) {
  def getClassName: String = className

  def getProbability: Float = args(0)

  def getXMin: Float = args(1)

  def getXMax: Float = args(2)

  def getYMin: Float = args(3)

  def getYMax: Float = args(4)
}
