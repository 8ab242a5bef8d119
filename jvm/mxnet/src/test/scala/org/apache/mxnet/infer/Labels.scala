package org.apache.mxnet.infer

import java.nio.charset.StandardCharsets
import java.nio.file.{Files, Path}
import java.util.Arrays

import org.apache.mxnet.{DataDesc, NDArray, Shape}

/** A folder with a `synset.txt` for a test's model. */
final class Labels(names: String*) extends AutoCloseable {
  val folder: Path = Files.createTempDirectory("offboard-labels-")
  val prefix: String = folder.resolve("model").toString

  Files.write(folder.resolve("synset.txt"), Arrays.asList(names: _*), StandardCharsets.UTF_8)

  override def close(): Unit = {
    folder.toFile.listFiles.foreach(_.delete())
    Files.delete(folder)
  }
}

/** Predicts the same whatever it is given, and keeps that. */
class FixedPredictor(answer: NDArray) extends PredictBase {
  var asked: IndexedSeq[NDArray] = IndexedSeq.empty

  override def predict[T](input: IndexedSeq[Array[T]]): IndexedSeq[Array[T]] =
    IndexedSeq(input.head match {
      case _: Array[Double] => answer.toArray.map(_.toDouble).asInstanceOf[Array[T]]
      case _ => answer.toArray.asInstanceOf[Array[T]]
    })

  override def predictWithNDArray(input: IndexedSeq[NDArray]): IndexedSeq[NDArray] = {
    asked = input.map(_.copy())
    IndexedSeq(answer.copy())
  }

  override def outputShapes: IndexedSeq[(String, Shape)] = IndexedSeq("output" -> answer.shape)
}

/** An image classifier over such a predictor. */
class FixedImageClassifier(prefix: String, descriptors: IndexedSeq[DataDesc], answer: NDArray) extends ImageClassifier(prefix, descriptors) {
  def fixed: FixedPredictor = predictor.asInstanceOf[FixedPredictor]

  override def getPredictor(): PredictBase = new FixedPredictor(answer)
}
