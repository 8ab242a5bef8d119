package org.apache.mxnet

import _root_.io.offboard.rules.Rules

import scala.language.implicitConversions

/** Where a graph runs: the instance's CPU, or its accelerator. Arrays live on the CPU. */
class Context(deviceTypeName: String, val deviceId: Int = 0) extends Serializable {
  val deviceTypeid: Int = Context.devstr2type.getOrElse(
    deviceTypeName, throw new IllegalArgumentException(s"There is no device type '$deviceTypeName'"))

  def this(context: Context) = this(context.deviceType, context.deviceId)

  /** Makes this the default context of the calling thread during the body. */
  def withScope[T](body: => T): T = {
    val before = Context.defaultCtx
    Context.current.set(this)
    try body
    finally Context.current.set(before)
  }

  def deviceType: String = Context.devtype2str(deviceTypeid)

  override def toString: String = s"$deviceType($deviceId)"

  override def equals(other: Any): Boolean = other match {
    case that: Context => that.deviceTypeid == deviceTypeid && that.deviceId == deviceId
    case _ => false
  }

  override def hashCode: Int = 31 * deviceTypeid + deviceId
}

object Context {
  val devtype2str: Map[Int, String] = Map(1 -> "cpu", 2 -> "gpu", 3 -> "cpu_pinned", 6 -> "eia")
  val devstr2type: Map[String, Int] = devtype2str.map(_.swap)

  private val Written = "(\\w+)\\((\\d+)\\)".r
  private val cpu0 = new Context("cpu", 0)
  private val current = new ThreadLocal[Context] {
    override def initialValue: Context = cpu0
  }

  /** The context of the innermost `withScope`, else `cpu(0)`. */
  def defaultCtx: Context = current.get

  /** The instance's CPU. */
  def cpu(deviceId: Int = 0): Context = new Context("cpu", deviceId)

  /** A GPU of the instance: it may be named, but there is none. */
  def gpu(deviceId: Int = 0): Context = new Context("gpu", deviceId)

  /** The accelerator of this instance. */
  def eia(): Context = eia(0)

  /** The accelerator of this instance, which has one: any device but 0 is refused when it is used. */
  def eia(deviceId: Int): Context = new Context("eia", deviceId)

  implicit def ctx2Array(ctx: Context): Array[Context] = Array(ctx)

  /** The context that `toString` wrote, as operators take it. */
  private[mxnet] def ofText(text: String): Context = text match {
    case Written(name, id) => new Context(name, id.toInt)
    case _ => throw new MXNetError(s"A context is written like cpu(0), not '$text'")
  }

  /** Refuses unless arrays can live there. */
  private[mxnet] def requireArrayHome(context: Context, operator: String = null): Unit = context.deviceType match {
    case "eia" =>
      requireSingle(context)
      throw MXNetError.ofRule("array_on_eia")
    case "gpu" =>
      val refusal = Rules.text("gpu_disabled")
      throw new MXNetError(if (operator == null) refusal else refusal + "\n" + Rules.text("gpu_operator", "operator", operator))
    case _ =>
  }

  /** Refuses any accelerator but the default one. */
  private[mxnet] def requireSingle(context: Context): Unit =
    if (context.deviceType == "eia" && context.deviceId != 0) {
      throw MXNetError.ofRule("single_device", "device_id", Int.box(context.deviceId))
    }
}
