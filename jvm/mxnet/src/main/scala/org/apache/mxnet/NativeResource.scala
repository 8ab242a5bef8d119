package org.apache.mxnet

import java.lang.ref.{PhantomReference, ReferenceQueue}
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong

import org.apache.mxnet.Base.CPtrAddress

/** Something that holds memory or a graph until it is disposed of, its scope ends, or it is collected. */
private[mxnet] trait NativeResource extends AutoCloseable {
  def nativeAddress: CPtrAddress

  /** Releases what the address stands for; must not refer to the resource itself, which is gone by then. */
  def nativeDeAllocator: CPtrAddress => Int

  /** What becomes known when the resource is collected. */
  val ref: NativeResourceRef

  val bytesAllocated: Long

  private[mxnet] var scope: Option[ResourceScope] = None

  @volatile private var disposed = false

  def isDisposed: Boolean = disposed

  /** Watches for the resource's end, and enters it in the current scope. */
  def register(): NativeResourceRef = {
    scope = ResourceScope.getCurrentScope
    scope.foreach(_.add(this))
    NativeResource.totalBytesAllocated.addAndGet(bytesAllocated)
    NativeResourceRef.register(this, nativeDeAllocator)
  }

  override def close(): Unit = dispose()

  def dispose(): Unit = dispose(removeFromScope = true)

  private[mxnet] def dispose(removeFromScope: Boolean = true): Unit = {
    val mine = synchronized {
      val first = !disposed
      disposed = true
      first
    }
    if (mine) {
      nativeDeAllocator(nativeAddress)
      NativeResourceRef.deRegister(ref)
      if (removeFromScope) scope.foreach(_.remove(this))
      NativeResource.totalBytesAllocated.addAndGet(-bytesAllocated)
    }
  }
}

private[mxnet] object NativeResource {
  var totalBytesAllocated: AtomicLong = new AtomicLong(0)
}

/** Outlives a resource to release what it held, if it was collected without being disposed of. */
private[mxnet] class NativeResourceRef(resource: NativeResource, val resourceDeAllocator: CPtrAddress => Int)
  extends PhantomReference[NativeResource](resource, NativeResourceRef.refQ)

private[mxnet] object NativeResourceRef {
  private[mxnet] val refQ = new ReferenceQueue[NativeResource]
  private[mxnet] val refMap = new ConcurrentHashMap[NativeResourceRef, CPtrAddress]
  private[mxnet] val cleaner: Thread = new ResourceCleanupThread

  cleaner.start()

  def register(resource: NativeResource, nativeDeAllocator: CPtrAddress => Int): NativeResourceRef = {
    val ref = new NativeResourceRef(resource, nativeDeAllocator)
    refMap.put(ref, resource.nativeAddress)
    ref
  }

  def deRegister(ref: NativeResourceRef): Unit = refMap.remove(ref)

  def isDeAllocated(ref: NativeResourceRef): Boolean = !refMap.containsKey(ref)

  /** Waits for one collected resource and releases what it held. */
  def cleanup: Unit = {
    val ref = refQ.remove().asInstanceOf[NativeResourceRef]
    val address = refMap.remove(ref)
    if (address != null.asInstanceOf[Any]) ref.resourceDeAllocator(address)
  }

  /** Releases what collected resources held; ends with the JVM. */
  protected class ResourceCleanupThread extends Thread("offboard-cleanup") {
    setDaemon(true)

    override def run(): Unit =
      while (true) {
        try NativeResourceRef.cleanup
        catch {
          case _: InterruptedException => Thread.currentThread().interrupt(); return
        }
      }
  }
}
