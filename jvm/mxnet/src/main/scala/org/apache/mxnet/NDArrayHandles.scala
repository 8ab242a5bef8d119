package org.apache.mxnet

import java.lang.ref.WeakReference
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong

import org.apache.mxnet.Base.NDArrayHandle

/** Numbers that stand for arrays where MXNet's interface passes addresses. */
private[mxnet] object NDArrayHandles {
  private val last = new AtomicLong
  private val published = new ConcurrentHashMap[NDArrayHandle, WeakReference[Elements]]

  def next(): NDArrayHandle = last.incrementAndGet()

  def publish(handle: NDArrayHandle, elements: Elements): Unit = {
    val references = published.values.iterator
    while (references.hasNext) if (references.next().get == null) references.remove()
    published.put(handle, new WeakReference(elements))
  }

  def elements(handle: NDArrayHandle): Elements = {
    val reference = published.get(handle)
    val found = if (reference == null) null else reference.get
    if (found == null) throw new MXNetError(s"No array has the handle $handle: only a callback's arrays have one, while it runs")
    found
  }
}
