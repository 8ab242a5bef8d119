package org.apache.mxnet.javaapi

import org.apache.mxnet

import scala.collection.JavaConverters._
import scala.language.implicitConversions

/** Where a graph runs: the instance's CPU, or its accelerator; for Java. */
class Context(val context: mxnet.Context) {
  val deviceTypeid: Int = context.deviceTypeid

  def this(deviceTypeName: String, deviceId: Int = 0) = this(new mxnet.Context(deviceTypeName, deviceId))

  /** Makes this the default context of the calling thread during the body. */
  def withScope[T](body: => T): T = context.withScope(body)

  def deviceType: String = context.deviceType

  override def toString: String = context.toString

  override def equals(other: Any): Boolean = other match {
    case that: Context => context == that.context
    case that => context == that
  }

  override def hashCode: Int = context.hashCode
}

object Context {
  implicit def fromContext(context: mxnet.Context): Context = new Context(context)

  implicit def toContext(jContext: Context): mxnet.Context = jContext.context

  /** The instance's CPU. */
  val cpu: Context = mxnet.Context.cpu()

  /** A GPU of the instance: it may be named, but there is none. */
  val gpu: Context = mxnet.Context.gpu()

  val devtype2str: java.util.Map[Int, String] = mxnet.Context.devtype2str.asJava
  val devstr2type: java.util.Map[String, Int] = mxnet.Context.devstr2type.asJava

  /** The accelerator of this instance. */
  def eia(): Context = mxnet.Context.eia()

  /** The accelerator of this instance, which has one: any device but 0 is refused when it is used. */
  def eia(deviceId: Int): Context = mxnet.Context.eia(deviceId)

  def defaultCtx: Context = mxnet.Context.defaultCtx
}
