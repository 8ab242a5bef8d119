package org.apache.mxnet

import scala.annotation.varargs
import scala.collection.mutable

/** Gathers the arrays made in its scope, but for what the scope returns; an automatic one disposes of them. */
@deprecated("Please use ResourceScope instead", "1.5.0")
object NDArrayCollector {
  /** A collector that disposes of what it gathered when its scope ends. */
  @deprecated("Please use ResourceScope instead", "1.5.0")
  def auto(): NDArrayCollector = new NDArrayCollector(true)

  /** A collector that keeps what it gathered until it is cleared. */
  @deprecated("Please use ResourceScope instead", "1.5.0")
  def manual(): NDArrayCollector = new NDArrayCollector(false)

  /** Gives arrays to the collector of the current scope. */
  @varargs
  @deprecated("Please use ResourceScope instead", "1.5.0")
  def collect(ndArray: NDArray*): Unit = ndArray.foreach(CollectorScope.add)
}

@deprecated("Please use ResourceScope instead", "1.5.0")
class NDArrayCollector private (autoDispose: Boolean) {
  private val arrays = mutable.LinkedHashMap.empty[Base.NDArrayHandle, NDArray]

  private def add(array: NDArray): Unit = arrays.put(array.nativeAddress, array)

  /** Disposes of everything gathered. */
  def clear(): Unit = {
    arrays.values.foreach(_.dispose())
    arrays.clear()
  }

  def foreach(f: NDArray => Unit): Unit = arrays.values.foreach(f)

  def size: Int = arrays.size

  /** Runs a block whose arrays are gathered; the one that it returns is left alone. */
  @deprecated("Please use ResourceScope instead", "1.5.0")
  def withScope[T](codeBlock: => T): T = {
    val result = CollectorScope.within(add)(codeBlock)
    result match {
      case array: NDArray => arrays.remove(array.nativeAddress)
      case returned: NDArrayFuncReturn => returned.arr.foreach(each => arrays.remove(each.nativeAddress))
      case many: Array[_] => many.foreach { case array: NDArray => arrays.remove(array.nativeAddress); case _ => }
      case _ =>
    }
    if (autoDispose) clear()
    result
  }
}
