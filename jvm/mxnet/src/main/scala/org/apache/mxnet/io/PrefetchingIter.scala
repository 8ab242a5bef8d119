package org.apache.mxnet.io

import java.util.NoSuchElementException
import java.util.concurrent.{Executors, ExecutorService, Future, ThreadFactory}

import org.apache.mxnet._

import scala.collection.immutable.ListMap

/**
 * Reads the next batch of several iterators while the program uses the current one.
 *
 * @param dataNames new names of each iterator's data, or null
 */
class PrefetchingIter(
    iters: IndexedSeq[DataIter],
    dataNames: IndexedSeq[Map[String, String]] = null,
    labelNames: IndexedSeq[Map[String, String]] = null) extends DataIter {
  require(iters.nonEmpty, "Iters length must be greater than 0")

  private val threads: ExecutorService = Executors.newFixedThreadPool(iters.length, PrefetchingIter.Daemons)
  private val nextBatch = new Array[DataBatch](iters.length)
  private var current: DataBatch = null
  private var reading: IndexedSeq[Future[_]] = null
  private val dataDescs = renamed(dataNames, _.provideDataDesc)
  private val labelDescs = renamed(labelNames, _.provideLabelDesc)

  read()

  private def renamed(names: IndexedSeq[Map[String, String]], of: DataIter => IndexedSeq[DataDesc]): IndexedSeq[DataDesc] =
    iters.indices.flatMap { i =>
      of(iters(i)).map(each => if (names == null) each else each.copy(name = names(i).getOrElse(each.name, each.name)))
    }

  private def read(): Unit = reading = iters.indices.map(i => threads.submit(prefetchFunc(i)))

  private def awaitBatches(): Unit =
    try reading.foreach(_.get())
    catch {
      case failure: java.util.concurrent.ExecutionException => throw failure.getCause
    }

  /** Reads the next batch of one iterator; null where there is none. */
  def prefetchFunc(i: Int): Runnable = new Runnable {
    override def run(): Unit = nextBatch(i) = if (iters(i).hasNext) iters(i).next() else null
  }

  @deprecated("Please use provideDataDesc instead", "1.3.0")
  override def provideData: ListMap[String, Shape] = ListMap(dataDescs.map(each => each.name -> each.shape): _*)

  @deprecated("Please use provideDataDesc instead", "1.3.0")
  override def provideLabel: ListMap[String, Shape] = ListMap(labelDescs.map(each => each.name -> each.shape): _*)

  override def provideDataDesc: IndexedSeq[DataDesc] = dataDescs

  override def provideLabelDesc: IndexedSeq[DataDesc] = labelDescs

  override def hasNext: Boolean = {
    awaitBatches()
    if (nextBatch.contains(null)) {
      require(nextBatch.forall(_ == null), "Number of entry mismatches between iterators")
      false
    } else true
  }

  override def next(): DataBatch = {
    if (!hasNext) throw new NoSuchElementException("the iterator has no more batches")
    require(nextBatch.map(_.pad).distinct.length == 1, "Number of entry mismatches between iterators")
    val data = nextBatch.toIndexedSeq.flatMap(_.data)
    val labels = nextBatch.toIndexedSeq.flatMap(each => Option(each.label).getOrElse(IndexedSeq.empty))
    current = new DataBatch(data, labels, nextBatch(0).index, nextBatch(0).pad, null, dataDescs, labelDescs)
    read()
    current
  }

  override def reset(): Unit = {
    awaitBatches()
    iters.foreach(_.reset())
    read()
  }

  override def batchSize: Int = iters(0).batchSize

  override def getData(): IndexedSeq[NDArray] = current.data

  override def getLabel(): IndexedSeq[NDArray] = current.label

  override def getIndex(): IndexedSeq[Long] = current.index

  override def getPad(): Int = current.pad

  /** Ends the threads that read. */
  def dispose(): Unit = threads.shutdown()
}

object PrefetchingIter {
  private object Daemons extends ThreadFactory {
    override def newThread(work: Runnable): Thread = {
      val thread = new Thread(work, "offboard-prefetch")
      thread.setDaemon(true)
      thread
    }
  }
}
