package org.apache.mxnet

import scala.collection.mutable.ArrayBuffer

/** A measure of predictions against labels, summed over batches. */
abstract class EvalMetric(protected val name: String) {
  protected var numInst: Int = 0
  protected var sumMetric: Double = 0.0

  /** Adds a batch. */
  def update(labels: IndexedSeq[NDArray], preds: IndexedSeq[NDArray]): Unit

  /** Starts again. */
  def reset(): Unit = {
    numInst = 0
    sumMetric = 0.0
  }

  /** Names and values. */
  def get: (Array[String], Array[Float]) = (Array(name), Array((sumMetric / numInst).toFloat))

  private[mxnet] def requireAsMany(labels: IndexedSeq[NDArray], preds: IndexedSeq[NDArray]): Unit =
    require(labels.length == preds.length, s"labels and predictions should have the same length: ${labels.length} and ${preds.length}")
}

/** Several measures in one. */
class CompositeEvalMetric extends EvalMetric("composite") {
  private val metrics = ArrayBuffer.empty[EvalMetric]

  def add(metric: EvalMetric): Unit = metrics += metric

  def getMetric(index: Int): EvalMetric = metrics(index)

  override def update(labels: IndexedSeq[NDArray], preds: IndexedSeq[NDArray]): Unit = metrics.foreach(_.update(labels, preds))

  override def reset(): Unit = if (metrics != null) metrics.foreach(_.reset())

  override def get: (Array[String], Array[Float]) = {
    val values = metrics.map(_.get)
    (values.flatMap(_._1).toArray, values.flatMap(_._2).toArray)
  }
}

/** How often the largest prediction is the label's. */
class Accuracy extends EvalMetric("accuracy") {
  override def update(labels: IndexedSeq[NDArray], preds: IndexedSeq[NDArray]): Unit = {
    requireAsMany(labels, preds)
    for ((label, pred) <- labels.zip(preds)) {
      val chosen = Rows.of(pred).map(row => row.indexOf(row.max))
      val wanted = label.toArray.map(_.toInt)
      require(wanted.length == chosen.length, s"${wanted.length} labels for ${chosen.length} predictions")
      sumMetric += chosen.zip(wanted).count { case (one, other) => one == other }
      numInst += chosen.length
    }
  }
}

/** How often the label is among the `topK` largest predictions. */
class TopKAccuracy(topK: Int) extends EvalMetric("top_k_accuracy") {
  require(topK > 1, "Please use Accuracy if topK is no more than 1")

  override def update(labels: IndexedSeq[NDArray], preds: IndexedSeq[NDArray]): Unit = {
    requireAsMany(labels, preds)
    for ((label, pred) <- labels.zip(preds)) {
      val wanted = label.toArray.map(_.toInt)
      Rows.of(pred).zip(wanted).foreach { case (row, number) =>
        val best = row.zipWithIndex.sortBy(-_._1).take(topK).map(_._2)
        if (best.contains(number)) sumMetric += 1
      }
      numInst += wanted.length
    }
  }
}

/** The harmonic mean of precision and recall of two classes. */
class F1 extends EvalMetric("f1") {
  override def update(labels: IndexedSeq[NDArray], preds: IndexedSeq[NDArray]): Unit = {
    requireAsMany(labels, preds)
    for ((label, pred) <- labels.zip(preds)) {
      val chosen = Rows.of(pred).map(row => row.indexOf(row.max))
      val wanted = label.toArray.map(_.toInt)
      require(wanted.distinct.length <= 2, "F1 currently only supports binary classification.")
      val pairs = chosen.zip(wanted)
      val truePositives = pairs.count(_ == ((1, 1))).toDouble
      val falsePositives = pairs.count(_ == ((1, 0))).toDouble
      val falseNegatives = pairs.count(_ == ((0, 1))).toDouble
      val precision = if (truePositives + falsePositives > 0) truePositives / (truePositives + falsePositives) else 0.0
      val recall = if (truePositives + falseNegatives > 0) truePositives / (truePositives + falseNegatives) else 0.0
      if (precision + recall > 0) sumMetric += 2 * precision * recall / (precision + recall)
      numInst += 1
    }
  }
}

/**
 * How surprised the predictions are by the labels.
 *
 * @param ignoreLabel a label that does not count
 */
class Perplexity(ignoreLabel: Option[Int] = None, axis: Int = -1) extends EvalMetric("Perplexity") {
  override def update(labels: IndexedSeq[NDArray], preds: IndexedSeq[NDArray]): Unit = {
    requireAsMany(labels, preds)
    var loss = 0.0
    var count = 0
    for ((label, pred) <- labels.zip(preds)) {
      val width = pred.shape(pred.shape.length - 1)
      require(label.size == pred.size / width, s"shape mismatch: ${label.shape} vs. ${pred.shape}")
      val values = pred.toArray
      label.toArray.map(_.toInt).zipWithIndex.foreach { case (number, row) =>
        if (!ignoreLabel.contains(number)) {
          loss -= Math.log(Math.max(1e-10, values(row * width + number).toDouble))
          count += 1
        }
      }
    }
    sumMetric += Math.exp(loss / count) * count
    numInst += count
  }
}

/** The mean of the absolute differences. */
class MAE extends DifferenceMetric("mae") {
  override private[mxnet] def ofDifferences(differences: Array[Double]): Double = differences.map(Math.abs).sum / differences.length
}

/** The mean of the squared differences. */
class MSE extends DifferenceMetric("mse") {
  override private[mxnet] def ofDifferences(differences: Array[Double]): Double = differences.map(each => each * each).sum / differences.length
}

/** The root of the mean of the squared differences. */
class RMSE extends DifferenceMetric("rmse") {
  override private[mxnet] def ofDifferences(differences: Array[Double]): Double =
    Math.sqrt(differences.map(each => each * each).sum / differences.length)
}

/** A measure of the differences of labels and predictions, averaged over batches. */
abstract class DifferenceMetric private[mxnet] (name: String) extends EvalMetric(name) {
  private[mxnet] def ofDifferences(differences: Array[Double]): Double

  override def update(labels: IndexedSeq[NDArray], preds: IndexedSeq[NDArray]): Unit = {
    requireAsMany(labels, preds)
    for ((label, pred) <- labels.zip(preds)) {
      val (one, other) = (label.toArray, pred.toArray)
      require(one.length == other.length, s"labels of shape ${label.shape} for predictions of shape ${pred.shape}")
      sumMetric += ofDifferences(one.zip(other).map { case (x, y) => x.toDouble - y.toDouble })
      numInst += 1
    }
  }
}

/** A measure by a function of a label and a prediction. */
class CustomMetric(fEval: (NDArray, NDArray) => Float, name: String) extends EvalMetric(name) {
  override def update(labels: IndexedSeq[NDArray], preds: IndexedSeq[NDArray]): Unit = {
    requireAsMany(labels, preds)
    for ((label, pred) <- labels.zip(preds)) {
      sumMetric += fEval(label, pred)
      numInst += 1
    }
  }
}

/** A matrix's rows. */
private[mxnet] object Rows {
  def of(array: NDArray): Array[Array[Float]] = {
    val width = array.shape.drop(1).product
    array.toArray.grouped(width).toArray
  }
}
