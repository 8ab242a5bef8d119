package org.apache.mxnet

import java.nio.{ByteBuffer, ByteOrder}
import java.util.ArrayDeque
import java.util.concurrent.atomic.{AtomicInteger, AtomicLong}

import _root_.io.offboard.client.{Dtype, Tensor}

/**
 * Memory of an array and of its views; its version changes with every write.
 *
 * @param size of the content in bytes
 * @param received whether it counts among what outputs hold outside the heap
 * @param reusable whether nobody but these arrays refers to the bytes, so that they serve others when the last array is disposed of
 */
private[mxnet] final class Memory(initial: ByteBuffer, val size: Int, reusable: Boolean, received: Boolean = false) {
  @volatile private var content: ByteBuffer = initial
  @volatile private var stamp: Long = Memory.nextStamp()
  private val users = new AtomicInteger

  /** The bytes, with a position of the caller's own. */
  def buffer: ByteBuffer = {
    val current = content
    if (current == null) throw new MXNetError("This NDArray was disposed of and cannot be used any more")
    current.duplicate().order(ByteOrder.nativeOrder())
  }

  def version: Long = stamp

  /** The content was written. */
  def written(): Unit = stamp = Memory.nextStamp()

  /** Somebody begins to use the bytes. */
  def retain(): Unit = users.incrementAndGet()

  /** Somebody stopped using the bytes: the last one leaves them to other arrays. */
  def release(): Unit = if (users.decrementAndGet() == 0 && reusable) {
    val bytes = content
    content = null
    if (received) Memory.received.addAndGet(-size.toLong)
    MemoryPool.giveBack(bytes)
  }
}

private[mxnet] object Memory {
  /** Smaller arrays lie in the heap, where making them costs next to nothing. */
  private val Small = 1 << 14
  /** Outputs hold no more than this outside the heap: it is for programs that dispose of them. The others' are the collector's. */
  private val Received = 32L << 20
  private val received = new AtomicLong
  private val stamps = new AtomicLong

  /** A number that no other version has. */
  def nextStamp(): Long = stamps.incrementAndGet()

  /** New memory of zeros. */
  def zeros(bytes: Long): Memory = made(bytes, MemoryPool.zeros)

  /** New memory for somebody who writes all of it: it may hold what an array left behind. */
  def unset(bytes: Long): Memory = made(bytes, MemoryPool.unset)

  /** New memory for an output, to be written as a whole. */
  def ofOutput(bytes: Long): Memory =
    if (bytes <= Small || received.get + bytes > Received) of(ByteBuffer.allocate(Math.toIntExact(bytes)))
    else {
      received.addAndGet(bytes)
      new Memory(MemoryPool.unset(bytes.toInt), bytes.toInt, reusable = true, received = true)
    }

  private def made(bytes: Long, outside: Int => ByteBuffer): Memory = {
    if (bytes > Int.MaxValue) throw new MXNetError(s"An array of $bytes bytes is larger than a JVM's buffer can be (2 GiB)")
    if (bytes <= Small) new Memory(ByteBuffer.allocate(bytes.toInt), bytes.toInt, reusable = false)
    else new Memory(outside(bytes.toInt), bytes.toInt, reusable = true)
  }

  /** Memory that others may refer to as well. */
  def of(bytes: ByteBuffer): Memory = new Memory(bytes, bytes.remaining, reusable = false)
}

/** Memory outside the heap that arrays left behind: a collector frees it late, and a program that infers needs it again at once. */
private[mxnet] object MemoryPool {
  private val KeptBytes = 32 << 20
  private val Large = 16 << 20
  private val idle = new ArrayDeque[ByteBuffer]
  private var kept = 0L

  def zeros(bytes: Int): ByteBuffer = {
    val found = take(bytes)
    if (found != null) cleared(found) else fresh(bytes)
  }

  def unset(bytes: Int): ByteBuffer = {
    val found = take(bytes)
    if (found != null) found else fresh(bytes)
  }

  private def fresh(bytes: Int): ByteBuffer =
    try ByteBuffer.allocateDirect(bytes)
    catch {
      case _: OutOfMemoryError =>
        clear()
        ByteBuffer.allocateDirect(bytes)
    }

  def giveBack(bytes: ByteBuffer): Unit = if (bytes.capacity <= Large) idle.synchronized {
    idle.addFirst(bytes)
    kept += bytes.capacity
    while (kept > KeptBytes) kept -= idle.removeLast().capacity
  }

  /** Bytes that wait for arrays. */
  def size: Long = idle.synchronized(kept)

  private def take(bytes: Int): ByteBuffer = idle.synchronized {
    val each = idle.iterator
    var found: ByteBuffer = null
    while (found == null && each.hasNext) {
      val buffer = each.next()
      if (buffer.capacity >= bytes && buffer.capacity / 2 <= bytes) {
        each.remove()
        kept -= buffer.capacity
        found = buffer
      }
    }
    found
  }

  private def clear(): Unit = idle.synchronized {
    idle.clear()
    kept = 0
  }

  private def cleared(buffer: ByteBuffer): ByteBuffer = {
    val bytes = buffer.duplicate().order(ByteOrder.nativeOrder())
    bytes.clear()
    while (bytes.remaining >= 8) bytes.putLong(0L)
    while (bytes.hasRemaining) bytes.put(0.toByte)
    buffer
  }
}

/** Elements of one type and shape in memory from an offset on: what an array is, or a view of one. */
private[mxnet] final class Elements(val memory: Memory, val dtype: Dtype, val shape: Shape, val offset: Int) {
  val size: Int = shape.product

  def byteSize: Int = size * dtype.size

  /** Whether the memory holds more than these elements. */
  def isPart: Boolean = byteSize < memory.size

  /** The elements' bytes in the machine's order. */
  def bytes: ByteBuffer = {
    val part = memory.buffer
    part.position(offset)
    part.limit(offset + byteSize)
    part.slice().order(ByteOrder.nativeOrder())
  }

  /** Whether these are the same part of a memory as others, if they are of one. */
  def isSameViewAs(other: Elements): Boolean =
    (other eq this) || other != null && other.offset == offset && other.dtype == dtype && other.shape == shape

  def tensor: Tensor = new Tensor(dtype, shape.toLongs, bytes)

  /** The same elements in another shape of the same size. */
  def reshaped(other: Shape): Elements = new Elements(memory, dtype, other, offset)

  /** Rows from `start` to `stop` along the first axis. */
  def rows(start: Int, stop: Int): Elements = {
    val row = shape.drop(1)
    new Elements(memory, dtype, Shape(stop - start) ++ row, offset + start * row.product * dtype.size)
  }

  /** Copies bytes in. */
  def write(source: ByteBuffer): Unit = {
    bytes.put(source)
    memory.written()
  }
}

private[mxnet] object Elements {
  def zeros(shape: Shape, dtype: Dtype): Elements = new Elements(Memory.zeros(bytes(shape, dtype)), dtype, shape, 0)

  /** Elements for somebody who writes all of them. */
  def unset(shape: Shape, dtype: Dtype): Elements = new Elements(Memory.unset(bytes(shape, dtype)), dtype, shape, 0)

  /** Elements of an output, for somebody who writes all of them. */
  def ofOutput(shape: Shape, dtype: Dtype): Elements = new Elements(Memory.ofOutput(bytes(shape, dtype)), dtype, shape, 0)

  private def bytes(shape: Shape, dtype: Dtype): Long = {
    val count = shape.toVector.foldLeft(1L)((product, each) => Math.multiplyExact(product, each.toLong))
    Math.multiplyExact(count, dtype.size.toLong)
  }

  /** Takes a tensor's memory over. */
  def of(tensor: Tensor): Elements = new Elements(Memory.of(tensor.data), tensor.dtype, Shape.ofLongs(tensor.shape), 0)
}
