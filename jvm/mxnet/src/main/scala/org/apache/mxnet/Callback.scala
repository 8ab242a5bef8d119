package org.apache.mxnet

import org.slf4j.{Logger, LoggerFactory}

/** Callbacks of epochs and batches. */
object Callback {
  /** Logs how many examples a second are seen. */
  class Speedometer(val batchSize: Int, val frequent: Int) extends BatchEndCallback {
    private val logger: Logger = LoggerFactory.getLogger(classOf[Speedometer])
    private var started = false
    private var since = 0L
    private var lastCount = 0

    override def invoke(epoch: Int, count: Int, evalMetric: EvalMetric): Unit = {
      if (lastCount > count) started = false
      lastCount = count
      if (!started) {
        started = true
        since = System.nanoTime()
      } else if (count % frequent == 0) {
        val speed = frequent * batchSize * 1e9 / (System.nanoTime() - since)
        val measured =
          if (evalMetric == null) ""
          else evalMetric.get._1.zip(evalMetric.get._2).map { case (name, value) => s"\tTrain-$name=$value" }.mkString
        logger.info(s"Epoch[$epoch] Batch [$count]\tSpeed: ${"%.2f".format(speed)} samples/sec$measured")
        since = System.nanoTime()
      }
    }
  }

  object Speedometer
}
