package io.offboard.conformance

import java.util.LinkedHashMap

import com.google.gson.JsonObject
import org.apache.mxnet._
import org.apache.mxnet.infer.Predictor
import org.apache.mxnet.io.NDArrayIter
import org.apache.mxnet.module.Module

import scala.collection.JavaConverters._

/** Plays the cases through the Scala API. */
object ScalaDriver {
  private type Values = java.util.Map[String, AnyRef]

  def main(arguments: Array[String]): Unit = {
    val dialogue = new Dialogue(new Dialogue.Scope {
      override def within(context: AnyRef, body: Dialogue.Step, request: JsonObject, values: Values): AnyRef =
        context.asInstanceOf[Context].withScope(body.play(request, values))
    })
    contexts(dialogue)
    arrays(dialogue)
    symbols(dialogue)
    executors(dialogue)
    modules(dialogue)
    predictors(dialogue)
    dialogue.run()
  }

  /** A request, with the values that it names. */
  private class Asked(request: JsonObject, values: Values) {
    def has(name: String): Boolean = request.has(name) && !request.get(name).isJsonNull
    def text(name: String): String = request.get(name).getAsString
    def int(name: String): Int = request.get(name).getAsInt
    def float(name: String): Float = request.get(name).getAsFloat
    def flag(name: String, default: Boolean): Boolean = if (has(name)) request.get(name).getAsBoolean else default
    def element(name: String): com.google.gson.JsonElement = request.get(name)
    def value[T](name: String): T = values.get(text(name)).asInstanceOf[T]
    def shape(name: String): Shape = Shape(Nested.integers(request.get(name)).toSeq: _*)

    def shapes(name: String): Map[String, Shape] =
      Nested.entries(request, name).asScala.map { case (key, each) => key -> Shape(Nested.integers(each).toSeq: _*) }.toMap

    def texts(name: String): Map[String, String] =
      Nested.entries(request, name).asScala.map { case (key, each) => key -> each.getAsString }.toMap

    def arrays(name: String): Map[String, NDArray] = texts(name).map { case (key, each) => key -> values.get(each).asInstanceOf[NDArray] }

    def listed[T](name: String): IndexedSeq[T] =
      request.getAsJsonArray(name).asScala.map(each => values.get(each.getAsString).asInstanceOf[T]).toIndexedSeq

    def descs(name: String): IndexedSeq[DataDesc] =
      Nested.entries(request, name).asScala.map { case (key, each) => DataDesc(key, Shape(Nested.integers(each).toSeq: _*)) }.toIndexedSeq

    /** The context given, else the calling thread's. */
    def place: Context = if (has("context")) value[Context]("context") else Context.defaultCtx
  }

  private def step(dialogue: Dialogue, name: String)(action: Asked => Any): Unit =
    dialogue.step(name, new Dialogue.Step {
      override def play(request: JsonObject, values: Values): AnyRef = boxed(action(new Asked(request, values)))
    })

  private def boxed(value: Any): AnyRef = value match {
    case () => null
    case other => other.asInstanceOf[AnyRef]
  }

  private def nested(array: NDArray): AnyRef = Nested.nest(array.toArray, array.shape.toArray)

  private def dimensions(shapes: IndexedSeq[Shape]): AnyRef = shapes.map(each => each.toArray.toSeq.map(Int.box).asJava).asJava

  private def contexts(dialogue: Dialogue): Unit = {
    dialogue.capability("context").capability("context_scope")
    step(dialogue, "context") { asked =>
      (asked.text("kind"), asked.has("id")) match {
        case (kind, true) => new Context(kind, asked.int("id"))
        case ("eia", _) => Context.eia()
        case ("gpu", _) => Context.gpu()
        case _ => Context.cpu()
      }
    }
    step(dialogue, "text_of")(_.value[AnyRef]("value").toString)
    step(dialogue, "device_type")(_.value[Context]("value").deviceType)
    step(dialogue, "device_typeid")(_.value[Context]("value").deviceTypeid)
    step(dialogue, "equal")(asked => asked.value[AnyRef]("left") == asked.value[AnyRef]("right"))
  }

  private def arrays(dialogue: Dialogue): Unit = {
    dialogue.capability("array").capability("creation").capability("random")
    step(dialogue, "array") { asked =>
      val numbers = asked.element("values")
      NDArray.array(Nested.numbers(numbers), Shape(Nested.shape(numbers).toSeq: _*), asked.place)
    }
    step(dialogue, "ones")(asked => NDArray.ones(asked.shape("shape"), asked.place))
    step(dialogue, "zeros")(asked => NDArray.zeros(asked.shape("shape"), asked.place))
    step(dialogue, "empty")(asked => NDArray.empty(asked.shape("shape"), asked.place))
    step(dialogue, "full")(asked => NDArray.full(asked.shape("shape"), asked.float("value"), asked.place))
    step(dialogue, "arange")(asked => NDArray.arange(0f, Some(asked.float("stop")), ctx = asked.place))
    for (kind <- Seq("random_uniform", "random_normal")) {
      step(dialogue, kind) { asked =>
        val options = Map[String, Any]("shape" -> asked.shape("shape"), "ctx" -> asked.place.toString)
        val made = if (kind == "random_uniform") NDArray.random_uniform(options)() else NDArray.random_normal(options)()
        made.head
      }
    }
    dialogue.capability("write")
    step(dialogue, "write")(asked => asked.value[NDArray]("array").set(Nested.numbers(asked.element("values"))))
    step(dialogue, "as_in_context")(asked => asked.value[NDArray]("array").asInContext(asked.value[Context]("context")))
    step(dialogue, "copy_to")(asked => asked.value[NDArray]("array").copyTo(asked.value[Context]("context")))
  }

  private def symbols(dialogue: Dialogue): Unit = {
    dialogue.capability("symbol")
    step(dialogue, "variable")(asked => Symbol.Variable(asked.text("name")))
    step(dialogue, "compose") { asked =>
      val name = if (asked.has("name")) asked.text("name") else null
      Symbol.createFromListedSymbols(asked.text("operator"), name)(asked.listed[Symbol]("inputs").toArray, asked.texts("attributes"))
    }
    step(dialogue, "infer_shape") { asked =>
      val (arguments, outputs, auxiliary) = asked.value[Symbol]("symbol").inferShape(asked.shapes("shapes"))
      val found = new LinkedHashMap[String, AnyRef]
      found.put("arguments", dimensions(arguments))
      found.put("outputs", dimensions(outputs))
      found.put("auxiliary", dimensions(auxiliary))
      found
    }
    step(dialogue, "bind") { asked =>
      val symbol = asked.value[Symbol]("symbol")
      val context = asked.value[Context]("context")
      if (asked.has("gradients")) symbol.bind(context, asked.arrays("arguments"), asked.arrays("gradients"))
      else symbol.bind(context, asked.arrays("arguments"))
    }
    step(dialogue, "simple_bind") { asked =>
      val symbol = asked.value[Symbol]("symbol")
      val context = asked.value[Context]("context")
      if (asked.has("grad_req")) symbol.simpleBind(context, asked.text("grad_req"), asked.shapes("shapes"))
      else symbol.simpleBind(context, shapeDict = asked.shapes("shapes"))
    }
  }

  private def executors(dialogue: Dialogue): Unit = {
    dialogue.capability("auxiliary")
    step(dialogue, "auxiliary_context")(asked => asked.value[Executor]("executor").auxDict(asked.text("name")).context.toString)
    step(dialogue, "reshape") { asked =>
      val up = asked.flag("up_sizing", default = false)
      asked.value[Executor]("executor").reshape(partialShaping = false, allowUpSizing = up, kwargs = asked.shapes("shapes"))
    }
    step(dialogue, "forward") { asked =>
      asked.value[Executor]("executor").forward(asked.flag("is_train", default = false), asked.arrays("inputs").toSeq: _*)
    }
    step(dialogue, "backward")(_.value[Executor]("executor").backward())
    step(dialogue, "output")(asked => nested(asked.value[Executor]("executor").outputs(asked.int("index"))))
    step(dialogue, "output_context")(asked => asked.value[Executor]("executor").outputs(asked.int("index")).context.toString)
    step(dialogue, "argument_context")(asked => asked.value[Executor]("executor").argDict(asked.text("name")).context.toString)
  }

  private def modules(dialogue: Dialogue): Unit = {
    dialogue.capability("module").capability("fit")
    step(dialogue, "module") { asked =>
      new Module(asked.value[Symbol]("symbol"), contexts = asked.value[Context]("context"), labelNames = IndexedSeq())
    }
    step(dialogue, "module_bind") { asked =>
      val shapes = asked.descs("data_shapes")
      val module = asked.value[Module]("module")
      if (asked.has("for_training")) module.bind(dataShapes = shapes, forTraining = asked.flag("for_training", default = true))
      else module.bind(dataShapes = shapes)
    }
    step(dialogue, "module_init_params")(_.value[Module]("module").initParams())
    step(dialogue, "module_set_params")(asked => asked.value[Module]("module").setParams(asked.arrays("arguments"), Map.empty))
    step(dialogue, "module_forward") { asked =>
      asked.value[Module]("module").forward(new DataBatch(asked.listed[NDArray]("data"), IndexedSeq(), IndexedSeq(), 0))
    }
    step(dialogue, "module_output")(asked => nested(asked.value[Module]("module").getOutputsMerged()(asked.int("index"))))
    step(dialogue, "module_init_optimizer")(_.value[Module]("module").initOptimizer())
    step(dialogue, "module_fit") { asked =>
      val data = asked.element("data")
      val array = NDArray.array(Nested.numbers(data), Shape(Nested.shape(data).toSeq: _*))
      asked.value[Module]("module").fit(new NDArrayIter(IndexedSeq(array), dataBatchSize = 1), numEpoch = 1)
    }
    step(dialogue, "module_update")(_.value[Module]("module").update())
  }

  private def predictors(dialogue: Dialogue): Unit = {
    dialogue.capability("predictor")
    step(dialogue, "predictor") { asked =>
      new Predictor(asked.text("checkpoint"), asked.descs("data_shapes"), asked.value[Context]("context"), Some(asked.int("epoch")))
    }
    step(dialogue, "predict")(asked => nested(asked.value[Predictor]("predictor").predictWithNDArray(IndexedSeq(asked.value[NDArray]("input"))).head))
    step(dialogue, "predict_numbers")(asked => asked.value[Predictor]("predictor").predict(IndexedSeq(asked.value[NDArray]("input").toArray)).head)
  }
}
