package org.apache.mxnet.infer

import java.util.Collections
import java.util.concurrent.{AbstractExecutorService, ExecutorService, TimeUnit}

/**
 * Where MXNet's calls are made. MXNet's engine wanted a thread of its own for them; arrays and executors here may be used from
 * any thread, so all work is done in the caller's and no thread is left behind.
 */
private[infer] trait MXNetHandler {
  /** Does the work and gives its result; its exception is the caller's. */
  def execute[T](f: => T): T

  val executor: ExecutorService
}

private[infer] object MXNetHandlerType extends Enumeration {
  type MXNetHandlerType = Value
  val SingleThreadHandler: Value = Value("MXNetSingleThreadHandler")
  val OneThreadPerModelHandler: Value = Value("MXNetOneThreadPerModelHandler")
}

private[infer] class MXNetThreadPoolHandler(numThreads: Int = 1) extends MXNetHandler {
  require(numThreads > 0, s"Invalid numThreads $numThreads")

  override val executor: ExecutorService = new CallersThread

  override def execute[T](f: => T): T = f
}

private[infer] object MXNetThreadPoolHandler

private[infer] object MXNetSingleThreadHandler extends MXNetThreadPoolHandler(1)

private[infer] object MXNetHandler {
  def apply(): MXNetHandler = handlerType match {
    case MXNetHandlerType.OneThreadPerModelHandler => new MXNetThreadPoolHandler(1)
    case _ => MXNetSingleThreadHandler
  }
}

/** Runs every task at once, in the thread that hands it over. */
private[infer] final class CallersThread extends AbstractExecutorService {
  @volatile private var ended = false

  override def execute(task: Runnable): Unit = task.run()

  override def shutdown(): Unit = ended = true

  override def shutdownNow(): java.util.List[Runnable] = {
    shutdown()
    Collections.emptyList[Runnable]()
  }

  override def isShutdown: Boolean = ended

  override def isTerminated: Boolean = ended

  override def awaitTermination(timeout: Long, unit: TimeUnit): Boolean = ended
}
