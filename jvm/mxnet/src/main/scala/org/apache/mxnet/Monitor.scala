package org.apache.mxnet

import org.slf4j.{Logger, LoggerFactory}

import scala.collection.mutable

/**
 * Shows statistics of the outputs of every node of executors.
 *
 * @param interval batches from one look to the next
 * @param statFunc the statistic; the mean of the absolute elements if it is null
 */
class Monitor(protected val interval: Int, protected var statFunc: NDArray => NDArray = null) {
  private val logger: Logger = LoggerFactory.getLogger(classOf[Monitor])

  if (statFunc == null) statFunc = Monitor.meanOfAbsolutes

  private var activated = false
  private var queue = mutable.Queue.empty[(Int, String, NDArray)]
  private var step = 0
  private val executors = mutable.Set.empty[Executor]

  val statHelper: MXMonitorCallback = new MXMonitorCallback {
    override def invoke(name: String, arr: Base.NDArrayHandle): Unit =
      if (activated) queue += ((step, name, statFunc(new NDArray(NDArrayHandles.elements(arr), Context.cpu(), false, false))))
  }

  /** Looks at an executor from now on. */
  def install(exe: Executor): Unit = {
    exe.setMonitorCallback(statHelper)
    executors += exe
  }

  /** Begins a batch. */
  def tic(): Unit = {
    if (step % interval == 0) {
      queue = mutable.Queue.empty[(Int, String, NDArray)]
      activated = true
    }
    step += 1
  }

  /** Ends a batch: what was seen in it. */
  def toc(): mutable.Queue[(Int, String, String)] = {
    val seen = mutable.Queue.empty[(Int, String, String)]
    if (activated) {
      for (executor <- executors; (name, array) <- executor.symbol.listArguments().zip(executor.argArrays)) {
        queue += ((step, name, statFunc(array)))
      }
      activated = false
      queue.foreach { case (at, name, value) =>
        val numbers = value.toArray
        seen += ((at, name, if (numbers.length == 1) numbers.head.toString else numbers.mkString("[", ",", "]")))
      }
      queue = mutable.Queue.empty[(Int, String, NDArray)]
    }
    seen
  }

  /** Ends a batch and logs what was seen in it. */
  def tocPrint(): Unit = toc().foreach { case (at, name, value) => logger.info("Batch {} {} {}", at.toString, name, value) }
}

object Monitor {
  private val meanOfAbsolutes: NDArray => NDArray = array => {
    val values = array.toArray
    NDArray.array(Array((values.map(each => Math.abs(each.toDouble)).sum / values.length).toFloat), Shape(1), Context.cpu())
  }
}
