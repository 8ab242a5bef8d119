package org.apache.mxnet

import org.slf4j.{Logger, LoggerFactory}

/**
 * A resource of which a collected instance that nobody disposed of is reported in the log, once a class. Arrays and
 * executors do without: collecting them releases what they hold.
 *
 * The system property `mxnet.traceLeakedObjects` (`true`) adds where the instance was made.
 */
protected trait WarnIfNotDisposed {
  import WarnIfNotDisposed._

  protected def isDisposed: Boolean

  protected val creationTrace: Option[Array[StackTraceElement]] = if (tracingEnabled) Some(Thread.currentThread().getStackTrace) else None

  override protected def finalize(): Unit = {
    if (!isDisposed) logDisposeWarning()
    super.finalize()
  }

  protected def tracingEnabled: Boolean = java.lang.Boolean.getBoolean(traceProperty)

  protected def logDisposeWarning(): Unit = creationTrace match {
    case Some(trace) => logger.warn(s"LEAK: $getClass was made here and never disposed of:${trace.mkString("\n  ", "\n  ", "")}")
    case None if warned.add(getClass) =>
      logger.warn(s"LEAK: an instance of $getClass was never disposed of. Set the system property $traceProperty to true to see where it was made")
    case None =>
  }
}

private object WarnIfNotDisposed {
  val traceProperty = "mxnet.traceLeakedObjects"
  val logger: Logger = LoggerFactory.getLogger(classOf[WarnIfNotDisposed])
  val warned: java.util.Set[Class[_]] = java.util.concurrent.ConcurrentHashMap.newKeySet[Class[_]]()
}
