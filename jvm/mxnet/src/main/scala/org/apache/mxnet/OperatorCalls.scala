package org.apache.mxnet

import _root_.io.offboard.gateway.{Gateway, Tensor => GatewayTensor}
import _root_.io.offboard.operators.{Facts, OperatorTable}

import scala.collection.JavaConverters._
import scala.collection.mutable

/** What the generated operator methods call. */
private[mxnet] object OperatorCalls {
  /** An operator on arrays: arrays and numbers by position, anything by name; numbers fill parameters in the table's order. */
  def untyped(operator: String, args: Seq[Any], kwargs: Map[String, Any]): NDArrayFuncReturn = MXNetError.translated {
    val facts = OperatorTable.find(operator)
    val inputs = mutable.ArrayBuffer.empty[NDArray]
    val positional = mutable.ArrayBuffer.empty[Any]
    args.foreach {
      case array: NDArray => inputs += array
      case returned: NDArrayFuncReturn => inputs ++= returned.arr
      case many: Array[NDArray @unchecked] if many.getClass.getComponentType == classOf[NDArray] => inputs ++= many
      case other => positional += other
    }
    val names = facts.parameterNames.asScala
    require(positional.size <= names.size, s"$operator takes ${names.size} parameters, ${positional.size} are given by position")
    val given = Option(kwargs).getOrElse(Map.empty[String, Any])
    val (byName, parameters) = (given - "out").partition { case (_, value) => isArray(value) }
    call(operator, facts, inputs.toVector, byName.map { case (name, value) => name -> single(value) },
      names.zip(positional).toSeq ++ parameters.toSeq, outputsOf(given.getOrElse("out", null)))
  }

  /** An operator on arrays in the order of its inputs, null for what is left out. */
  def array(operator: String, arrays: Seq[Any], values: Seq[(String, Any)], out: Option[NDArray]): NDArrayFuncReturn =
    MXNetError.translated(call(operator, OperatorTable.find(operator), flattened(arrays), Map.empty, values, out.toArray))

  /** The same for Java. */
  def java(operator: String, arrays: Seq[Any], values: Seq[(String, Any)], out: javaapi.NDArray): Array[javaapi.NDArray] =
    array(operator, arrays, values, Option(out).map(_.nd)).arr.map(new javaapi.NDArray(_))

  /** Random numbers, whose distribution's parameters are numbers or arrays. */
  def randomArray(operator: String, values: Seq[(String, Any)], out: Option[NDArray]): NDArrayFuncReturn = MXNetError.translated {
    val facts = OperatorTable.find(operator)
    val (arrays, parameters) = values.map { case (name, value) => name -> unwrapped(value) }.partition(each => isArray(each._2))
    call(operator, facts, Vector.empty, arrays.map { case (name, value) => name -> single(value) }.toMap, parameters, out.toArray)
  }

  /** One of the image functions, which are no operators of the table. */
  def image(function: String, inputs: Seq[NDArray], parameters: Map[String, Any], out: Option[NDArray]): NDArray = MXNetError.translated {
    val texts = parameters.flatMap { case (name, value) => ParameterText.of(value).map(name -> _) }
    finished(function, inputs, run(function, inputs, texts).map(each => new NDArray(each, Context.cpu(), true, true)), out.toArray).head
  }

  /** A new node: positional symbols, named symbols and parameters. */
  def compose(operator: String, name: String, attr: Map[String, String], args: Seq[Symbol], kwargs: Map[String, Any]): Symbol =
    Symbol.composed(operator, name, attr, args, kwargs)

  /** A new node of typed arguments: lists of symbols in order, and everything else by name. */
  def symbol(operator: String, name: String, attr: Map[String, String], lists: Seq[Any], others: Seq[(String, Any)]): Symbol = {
    val positional = lists.flatMap {
      case symbols: Array[Symbol @unchecked] => symbols.toSeq
      case null => Nil
    }
    val (symbols, parameters) = given(others).partition(_._2.isInstanceOf[Symbol])
    Symbol.composed(operator, name, attr, positional, symbols.map { case (key, value) => key -> value.asInstanceOf[Symbol] }.toMap,
      parameters.toMap)
  }

  def randomSymbol(operator: String, name: String, attr: Map[String, String], values: Seq[(String, Any)]): Symbol =
    symbol(operator, name, attr, Nil, values)

  private def given(values: Seq[(String, Any)]): Seq[(String, Any)] =
    values.map { case (key, value) => key -> unwrapped(value) }.filter(_._2 != null)

  private def unwrapped(value: Any): Any = value match {
    case Some(inner) => inner
    case None => null
    case other => other
  }

  private def isArray(value: Any): Boolean = value.isInstanceOf[NDArray] || value.isInstanceOf[NDArrayFuncReturn]

  private def single(value: Any): NDArray = value match {
    case returned: NDArrayFuncReturn => returned.head
    case array: NDArray => array
  }

  private def flattened(arrays: Seq[Any]): Vector[NDArray] = arrays.flatMap(each => unwrapped(each) match {
    case null => Seq(null)
    case many: Array[_] => many.toSeq.map(core)
    case one => Seq(core(one))
  }).toVector

  private def core(value: Any): NDArray = value match {
    case array: NDArray => array
    case wrapped: javaapi.NDArray => wrapped.nd
    case returned: NDArrayFuncReturn => returned.head
    case null => null
  }

  private def outputsOf(out: Any): Array[NDArray] = unwrapped(out) match {
    case null => Array.empty
    case array: NDArray => Array(array)
    case returned: NDArrayFuncReturn => returned.arr
    case many: scala.collection.Seq[_] => many.map(core).toArray
    case many: Array[_] => many.map(core)
    case other => throw new IllegalArgumentException(s"out is an NDArray or several, not ${other.getClass.getName}")
  }

  /** Runs an operator; inputs by name fill the places that those by position leave. */
  private def call(operator: String, facts: Facts, positional: Vector[NDArray], byName: Map[String, NDArray],
      values: Seq[(String, Any)], out: Array[NDArray]): NDArrayFuncReturn = {
    values.foreach {
      case ("ctx", context: Context) => Context.requireArrayHome(context, operator)
      case ("ctx", text: String) => Context.requireArrayHome(Context.ofText(text), operator)
      case _ =>
    }
    val texts = values.flatMap { case (name, value) => ParameterText.of(value).map(name -> _) }.toMap
    val counted =
      if (facts.variadic == null || texts.contains(facts.variadic)) texts
      else texts + (facts.variadic -> (positional.count(_ != null) + byName.size).toString)
    val slots = facts.inputNames(facts.parse(counted.asJava)).asScala
    byName.keys.find(!slots.contains(_)).foreach(name =>
      throw new MXNetError(s"Operator $operator has no input '$name' with these parameters; it has ${slots.mkString(", ")}"))
    val rest = positional.iterator
    val inputs = slots.map(name => byName.getOrElse(name, if (rest.hasNext) rest.next() else null)).toVector
    // What an operator does not take with these parameters may be given as null, as a bias without a bias is.
    val surplus = rest.count(_ != null)
    if (surplus > 0) throw new MXNetError(s"Operator $operator takes ${slots.size} inputs with these parameters, ${slots.size + surplus} are given")
    val missing = slots.zip(inputs).collect { case (name, null) => name }
    if (missing.nonEmpty) throw new MXNetError(s"Operator $operator needs its input ${missing.mkString(", ")}")
    val results = run(operator, inputs, counted)
    val home = inputs.headOption.map(_.context).getOrElse(Context.cpu())
    finished(operator, inputs, results.map(each => new NDArray(each, home, true, true)), out)
  }

  private def run(operator: String, inputs: Seq[NDArray], parameters: Map[String, String]): Array[Elements] =
    Gateway.instance.invoke(operator, inputs.map(tensor).asJava, parameters.asJava, false).asScala
      .map(each => Elements.of(new _root_.io.offboard.client.Tensor(_root_.io.offboard.client.Dtype.ofNumpyName(each.dtype), each.shape, each.data)))
      .toArray

  private def tensor(array: NDArray): GatewayTensor = {
    val dense = array match {
      case sparse: SparseNDArray => sparse.toDense.elements
      case other => other.elements
    }
    new GatewayTensor(dense.dtype.numpyName, dense.shape.toLongs, dense.bytes)
  }

  private def finished(operator: String, inputs: Seq[NDArray], made: Array[NDArray], out: Array[NDArray]): NDArrayFuncReturn = {
    val results =
      if (out.isEmpty) made
      else {
        if (out.length > made.length) {
          throw new MXNetError(s"Operator $operator has ${made.length} outputs, ${out.length} arrays are given for them")
        }
        made.zip(out).foreach { case (result, target) =>
          result.copyTo(target)
          result.dispose()
        }
        out
      }
    NDArray.addDependency(inputs.toArray, results)
    new NDArrayFuncReturn(results)
  }
}
