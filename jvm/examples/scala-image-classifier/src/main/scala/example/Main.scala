package example

import org.apache.mxnet.{Context, DType, DataDesc, Shape}
import org.apache.mxnet.infer.ImageClassifier

/** `MODEL IMAGE [eia|cpu]`: the five labels that a classifier of 224 by 224 pixels gives an image. */
object Main {

  def main(args: Array[String]): Unit = {
    val context = if (args.length > 2 && args(2) == "cpu") Context.cpu() else Context.eia()
    val inputs = IndexedSeq(DataDesc("data", Shape(1, 3, 224, 224), DType.Float32, "NCHW"))
    val classifier = new ImageClassifier(args(0), inputs, context)
    val image = ImageClassifier.loadImageFromFile(args(1))
    classifier.classifyImage(image, Some(5)).head.foreach { case (label, score) => println(s"$label $score") }
  }
}
