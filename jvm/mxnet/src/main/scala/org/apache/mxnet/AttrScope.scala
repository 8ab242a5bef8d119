package org.apache.mxnet

/** Attributes that symbols made in its scope have, but for those that they name themselves. */
class AttrScope(attr: Map[String, String] = Map.empty) {
  private var attributes = attr

  /** The scope's attributes under those given. */
  def get(userDefinedAttr: Option[Map[String, String]]): Map[String, String] =
    attributes ++ userDefinedAttr.getOrElse(Map.empty[String, String])

  /** Makes this the scope of the calling thread during the body, within the scope around it. */
  def withScope[T](body: => T): T = {
    val before = AttrScope.current
    attributes = before.attributes ++ attributes
    AttrScope.active.set(this)
    try body
    finally AttrScope.active.set(before)
  }
}

object AttrScope {
  private val active = new ThreadLocal[AttrScope] {
    override def initialValue: AttrScope = new AttrScope
  }

  def current: AttrScope = active.get

  def apply(attr: Map[String, String] = Map.empty): AttrScope = new AttrScope(attr)
}
