package org.apache.mxnet

/** Whether shapes have NumPy's meaning, where MXNet's 0 is unknown; operators here always have MXNet's. */
class NumpyScope(var isCompatible: Boolean) {
  def withScope[T](body: => T): T = {
    val before = NumpyScope.setNumpyShape(isCompatible)
    try body
    finally NumpyScope.setNumpyShape(before)
  }
}

object NumpyScope {
  private val active = new ThreadLocal[java.lang.Boolean] {
    override def initialValue: java.lang.Boolean = false
  }

  /** Sets it for the calling thread; what it was before. */
  def setNumpyShape(isNpComp: Boolean): Boolean = {
    val before = active.get
    active.set(isNpComp)
    before
  }

  def isNumpyShape: Boolean = active.get

  def enableNumpyShape: NumpyScope = new NumpyScope(true)

  def disableNumpyShape: NumpyScope = new NumpyScope(false)
}
