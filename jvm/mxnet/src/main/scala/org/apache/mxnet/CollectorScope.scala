package org.apache.mxnet

/** What each thread's new arrays are given to: the collector whose scope it is in, if any. */
private[mxnet] object CollectorScope {
  private val current = new ThreadLocal[NDArray => Unit] {
    override def initialValue: NDArray => Unit = _ => ()
  }

  def add(array: NDArray): Unit = current.get()(array)

  def within[T](collect: NDArray => Unit)(body: => T): T = {
    val before = current.get
    current.set(collect)
    try body
    finally current.set(before)
  }
}
