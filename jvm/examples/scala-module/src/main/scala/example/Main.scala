package example

import java.io.File

import org.apache.mxnet.{Context, DataBatch, DataDesc, Model, NDArray, Shape, Symbol}
import org.apache.mxnet.infer.ImageClassifier
import org.apache.mxnet.module.Module

import scala.io.Source

/** `MODEL IMAGE [eia|cpu]`: binds a symbol of two arrays, then gives an image's five best labels by a module. */
object Main {

  def main(args: Array[String]): Unit = {
    val context = if (args.length > 2 && args(2) == "cpu") Context.cpu() else Context.eia()
    addOnce(context)
    classify(args(0), args(1), context)
  }

  private def addOnce(context: Context): Unit = {
    val sum = Symbol.Variable("a") + Symbol.Variable("b")
    val a = NDArray.array(Array(1f, 2f), Shape(2), Context.cpu())
    val b = NDArray.array(Array(2f, 3f), Shape(2), Context.cpu())
    val executor = sum.bind(context, Map("a" -> a, "b" -> b))
    executor.forward()
    println(s"a + b = ${executor.outputs.head.toArray.mkString(", ")}")
    executor.forward(false, ("a", NDArray.ones(2)))
    println(s"1 + b = ${executor.outputs.head.toArray.mkString(", ")}")
  }

  private def classify(prefix: String, image: String, context: Context): Unit = {
    val (symbol, arguments, auxiliary) = Model.loadCheckpoint(prefix, 0)
    val module = new Module(symbol, contexts = context, labelNames = IndexedSeq())
    module.bind(dataShapes = IndexedSeq(DataDesc("data", Shape(1, 3, 224, 224))), forTraining = false)
    module.setParams(arguments, auxiliary, allowMissing = true)
    val labels = Source.fromFile(new File(new File(prefix).getParentFile, "synset.txt")).getLines().map(_.trim).toIndexedSeq

    val resized = ImageClassifier.reshapeImage(ImageClassifier.loadImageFromFile(image), 224, 224)
    val pixels = ImageClassifier.bufferedImageToPixels(resized, Shape(1, 3, 224, 224))
    module.forward(new DataBatch(IndexedSeq(pixels), IndexedSeq(), IndexedSeq(), 0))
    module.getOutputs().head.head.toArray.zipWithIndex.sortBy(-_._1).take(5).foreach {
      case (score, index) => println(s"${labels(index)} $score")
    }
  }
}
