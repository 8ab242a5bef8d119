package org.apache.mxnet.infer.javaapi

/**
 * An object that was found.
 *
 * @param className its class
 * @param args score, left, top, right, bottom; the last four as shares of the image's size
 */
class ObjectDetectorOutput(className: String, args: Array[Float]) {
  def getClassName: String = className

  def getProbability: Float = args(0)

  def getXMin: Float = args(1)

  def getXMax: Float = args(3)

  def getYMin: Float = args(2)

  def getYMax: Float = args(4)
}
