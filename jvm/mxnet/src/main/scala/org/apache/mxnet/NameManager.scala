package org.apache.mxnet

import scala.collection.mutable

/** Numbers names by their hints: `fullyconnected0`, `fullyconnected1`, ... */
class NameManager {
  val counter: mutable.Map[String, Int] = mutable.HashMap.empty[String, Int]

  /** The name given, or the next one of the hint. */
  def get(name: Option[String], hint: String): String = name.getOrElse {
    val number = counter.getOrElse(hint, 0)
    counter(hint) = number + 1
    s"$hint$number"
  }

  /** Makes this the manager of the calling thread during the body. */
  def withScope[T](body: => T): T = {
    val before = NameManager.current
    NameManager.active.set(this)
    try body
    finally NameManager.active.set(before)
  }
}

object NameManager {
  private val active = new ThreadLocal[NameManager] {
    override def initialValue: NameManager = new NameManager
  }

  def current: NameManager = active.get
}
