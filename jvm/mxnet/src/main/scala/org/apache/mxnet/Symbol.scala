package org.apache.mxnet

import java.nio.charset.StandardCharsets
import java.nio.file.{Files, Paths}

import _root_.io.offboard.client.Inference
import _root_.io.offboard.graph.{Composition, Entry, Graph, SymbolJson}
import org.apache.mxnet.Base.{CPtrAddress, MX_REAL_TYPE}
import org.apache.mxnet.DType.DType

import scala.collection.JavaConverters._

/** A graph of operators over variables, composed without any call: the operator table suffices. */
class Symbol private[mxnet] (private[mxnet] val entries: Vector[Entry]) extends SymbolBinding with NativeResource {
  override val bytesAllocated: Long = 0L
  override def nativeAddress: CPtrAddress = System.identityHashCode(this).toLong
  override def nativeDeAllocator: CPtrAddress => Int = Symbol.release
  override val ref: NativeResourceRef = super.register()

  private[mxnet] def graph: Graph = new Graph(entries.asJava)

  /** The only output, as an operator's input. */
  private[mxnet] def entry: Entry = {
    if (entries.size != 1) throw new MXNetError(s"a symbol of ${entries.size} outputs is no input: choose one of ${listOutputs().mkString(", ")}")
    entries.head
  }

  def +(other: Symbol): Symbol = Symbol.binary("_Plus", this, other)
  def +[@specialized(Base.MX_PRIMITIVES) V](other: V): Symbol = Symbol.scalar("_PlusScalar", this, other)
  def -(other: Symbol): Symbol = Symbol.binary("_Minus", this, other)
  def -[@specialized(Base.MX_PRIMITIVES) V](other: V): Symbol = Symbol.scalar("_MinusScalar", this, other)
  def *(other: Symbol): Symbol = Symbol.binary("_Mul", this, other)
  def *[@specialized(Base.MX_PRIMITIVES) V](other: V): Symbol = Symbol.scalar("_MulScalar", this, other)
  def /(other: Symbol): Symbol = Symbol.binary("_Div", this, other)
  def /[@specialized(Base.MX_PRIMITIVES) V](other: V): Symbol = Symbol.scalar("_DivScalar", this, other)
  def **(other: Symbol): Symbol = Symbol.pow(this, other)
  def **[@specialized(Base.MX_PRIMITIVES) V](other: V): Symbol = Symbol.pow(this, other)
  def >(other: Symbol): Symbol = Symbol.greater(this, other)
  def >[@specialized(Base.MX_PRIMITIVES) V](other: V): Symbol = Symbol.greater(this, other)
  def >=(other: Symbol): Symbol = Symbol.greaterEqual(this, other)
  def >=[@specialized(Base.MX_PRIMITIVES) V](other: V): Symbol = Symbol.greaterEqual(this, other)
  def <(other: Symbol): Symbol = Symbol.lesser(this, other)
  def <[@specialized(Base.MX_PRIMITIVES) V](other: V): Symbol = Symbol.lesser(this, other)
  def <=(other: Symbol): Symbol = Symbol.lesserEqual(this, other)
  def <=[@specialized(Base.MX_PRIMITIVES) V](other: V): Symbol = Symbol.lesserEqual(this, other)
  def %(other: Symbol): Symbol = Symbol.binary("_Mod", this, other)
  def %[@specialized(Base.MX_PRIMITIVES) V](other: V): Symbol = Symbol.scalar("_ModScalar", this, other)

  override def clone(): Symbol = new Symbol(Composition.copied(entries.asJava).asScala.toVector)

  /** One output. */
  def get(index: Int): Symbol = {
    if (index < 0 || index >= entries.size) throw new MXNetError(s"output $index of a symbol of ${entries.size} outputs")
    new Symbol(Vector(entries(index)))
  }

  /** The output of this name. */
  def get(name: String): Symbol = listOutputs().zipWithIndex.filter(_._1 == name) match {
    case Seq((_, index)) => get(index)
    case Seq() => throw new IllegalArgumentException(s"Cannot find output that matches name $name")
    case _ => throw new IllegalArgumentException(s"There are multiple outputs with name $name")
  }

  /** Every output of every node. */
  def getInternals(): Symbol = MXNetError.translated(new Symbol(graph.internals.asScala.toVector))

  def listArguments(): IndexedSeq[String] = MXNetError.translated(graph.argumentNames.asScala.toIndexedSeq)

  def listOutputs(): IndexedSeq[String] = MXNetError.translated(graph.outputNames.asScala.toIndexedSeq)

  def listAuxiliaryStates(): IndexedSeq[String] = MXNetError.translated(graph.auxiliaryNames.asScala.toIndexedSeq)

  /** Types of arguments, outputs and auxiliary states from those of the arguments in their order; nulls where they do not suffice. */
  def inferType(args: DType*): (Seq[DType], Seq[DType], Seq[DType]) =
    inferType(listArguments().zip(args).filter(_._2 != null).toMap)

  def inferType(kwargs: Map[String, DType]): (Seq[DType], Seq[DType], Seq[DType]) = MXNetError.translated {
    val found = Inference.of(graph, Map.empty[String, Array[Long]].asJava, Symbol.clientTypes(kwargs))
    def types(of: Inference.Found) = of.dtypes.asScala.map(DType.ofClient).toList
    val (arguments, outputs, auxiliary) = (types(found.arguments), types(found.outputs), types(found.auxiliary))
    if ((arguments ++ outputs ++ auxiliary).contains(DType.Unknown)) (null, null, null) else (arguments, outputs, auxiliary)
  }

  /** Shapes of arguments, outputs and auxiliary states from descriptions of some arguments; nulls where they do not suffice. */
  def inferShape(args: IndexedSeq[DataDesc]): (IndexedSeq[Shape], IndexedSeq[Shape], IndexedSeq[Shape]) =
    inferShape(args.map(each => each.name -> each.shape).toMap)

  def inferShape(args: Shape*): (IndexedSeq[Shape], IndexedSeq[Shape], IndexedSeq[Shape]) =
    inferShape(listArguments().zip(args).filter(_._2 != null).toMap)

  def inferShape(kwargs: Map[String, Shape]): (IndexedSeq[Shape], IndexedSeq[Shape], IndexedSeq[Shape]) = MXNetError.translated {
    val found = Inference.of(graph, kwargs.map { case (name, shape) => name -> shape.toLongs }.asJava, Symbol.clientTypes(Map.empty))
    if (!found.isComplete) (null, null, null)
    else (Symbol.shapes(found.arguments), Symbol.shapes(found.outputs), Symbol.shapes(found.auxiliary))
  }

  /** The i-th shape is `values` from `indPtr(i)` to `indPtr(i + 1)`; without keys the shapes are those of the arguments in order. */
  def inferShape(keys: Array[String], indPtr: Array[Int], values: Array[Int]): (IndexedSeq[Shape], IndexedSeq[Shape], IndexedSeq[Shape]) = {
    val shapes = indPtr.indices.dropRight(1).map(i => Shape(values.slice(indPtr(i), indPtr(i + 1)).toVector))
    val names = if (keys == null || keys.isEmpty) listArguments() else keys.toIndexedSeq
    inferShape(names.zip(shapes).filter(_._2.length > 0).toMap)
  }

  /** An attribute of a symbol of one output. */
  def attr(key: String): Option[String] = {
    val attributes = entry.node.attributes
    Option(attributes.get(key)).orElse(Option(attributes.get(s"__${key}__")))
  }

  /** The attributes of a symbol of one output. */
  def listAttr(): Map[String, String] = entry.node.attributes.asScala.toMap

  /** The attributes of every node that has some. */
  def attrMap(): Map[String, Map[String, String]] =
    graph.nodes.asScala.filterNot(_.attributes.isEmpty).map(node => node.name -> node.attributes.asScala.toMap).toMap

  private[mxnet] def setAttr(attr: Map[String, String]): Unit = entries.foreach(_.node.attributes.putAll(Composition.hidden(attr.asJava)))

  /** A copy of this graph with variables replaced by other symbols. */
  def apply(name: String, symbols: Map[String, Symbol]): Symbol = MXNetError.translated {
    val given = symbols.map { case (key, value) => key -> value.entry }
    new Symbol(Composition.replaced(entries.asJava, given.asJava).asScala.toVector)
  }

  /** The graph's nodes and their inputs, line by line. */
  def debugStr: String = SymbolText.debug(this)

  def save(fname: String): Unit = Files.write(Paths.get(fname), toJson.getBytes(StandardCharsets.UTF_8))

  /** The graph as MXNet 1.9.1 writes it. */
  def toJson: String = MXNetError.translated(SymbolJson.dumps(graph))
}

object Symbol extends SymbolBase {
  val api: SymbolAPI.type = SymbolAPI
  val random: SymbolRandomAPI.type = SymbolRandomAPI

  /** A symbol is memory of the JVM alone. */
  private val release: CPtrAddress => Int = _ => 0

  private[mxnet] def clientTypes(types: Map[String, DType]): java.util.Map[String, _root_.io.offboard.client.Dtype] =
    types.map { case (name, dtype) => name -> DType.toClient(dtype) }.asJava

  private[mxnet] def shapes(found: Inference.Found): IndexedSeq[Shape] =
    found.shapes.asScala.map(each => if (each == null) null else Shape.ofLongs(each)).toIndexedSeq

  private def binary(operator: String, left: Symbol, right: Symbol): Symbol = createFromListedSymbols(operator)(Array(left, right))

  private def scalar(operator: String, symbol: Symbol, number: Any): Symbol =
    createFromListedSymbols(operator)(Array(symbol), Map("scalar" -> number.toString))

  private[mxnet] def reversed(operator: String, number: Any, symbol: Symbol): Symbol = scalar(operator, symbol, number)

  def pow(sym1: Symbol, sym2: Symbol): Symbol = binary("_Power", sym1, sym2)
  def pow[@specialized(Base.MX_PRIMITIVES) V](sym: Symbol, number: V): Symbol = scalar("_PowerScalar", sym, number)
  def pow[@specialized(Base.MX_PRIMITIVES) V](number: V, sym: Symbol): Symbol = scalar("_RPowerScalar", sym, number)
  def max(left: Symbol, right: Symbol): Symbol = binary("_Maximum", left, right)
  def max[@specialized(Base.MX_PRIMITIVES) V](left: Symbol, right: V): Symbol = scalar("_MaximumScalar", left, right)
  def max[@specialized(Base.MX_PRIMITIVES) V](left: V, right: Symbol): Symbol = scalar("_MaximumScalar", right, left)
  def min(left: Symbol, right: Symbol): Symbol = binary("_Minimum", left, right)
  def min[@specialized(Base.MX_PRIMITIVES) V](left: Symbol, right: V): Symbol = scalar("_MinimumScalar", left, right)
  def min[@specialized(Base.MX_PRIMITIVES) V](left: V, right: Symbol): Symbol = scalar("_MinimumScalar", right, left)
  def equal(left: Symbol, right: Symbol): Symbol = binary("_equal", left, right)
  def equal[@specialized(Base.MX_PRIMITIVES) V](left: Symbol, right: V): Symbol = scalar("_equal_scalar", left, right)
  def equal[@specialized(Base.MX_PRIMITIVES) V](left: V, right: Symbol): Symbol = scalar("_equal_scalar", right, left)
  def notEqual(left: Symbol, right: Symbol): Symbol = binary("_not_equal", left, right)
  def notEqual[@specialized(Base.MX_PRIMITIVES) V](left: Symbol, right: V): Symbol = scalar("_not_equal_scalar", left, right)
  def notEqual[@specialized(Base.MX_PRIMITIVES) V](left: V, right: Symbol): Symbol = scalar("_not_equal_scalar", right, left)
  def greater(left: Symbol, right: Symbol): Symbol = binary("_greater", left, right)
  def greater[@specialized(Base.MX_PRIMITIVES) V](left: Symbol, right: V): Symbol = scalar("_greater_scalar", left, right)
  def greaterEqual(left: Symbol, right: Symbol): Symbol = binary("_greater_equal", left, right)
  def greaterEqual[@specialized(Base.MX_PRIMITIVES) V](left: Symbol, right: V): Symbol = scalar("_greater_equal_scalar", left, right)
  def lesser(left: Symbol, right: Symbol): Symbol = binary("_lesser", left, right)
  def lesser[@specialized(Base.MX_PRIMITIVES) V](left: Symbol, right: V): Symbol = scalar("_lesser_scalar", left, right)
  def lesserEqual(left: Symbol, right: Symbol): Symbol = binary("_lesser_equal", left, right)
  def lesserEqual[@specialized(Base.MX_PRIMITIVES) V](left: Symbol, right: V): Symbol = scalar("_lesser_equal_scalar", left, right)

  def zeros(shape: Shape, dType: DType = MX_REAL_TYPE, ctx: Context = null): Symbol = made("_zeros", shape, dType, ctx)

  def ones(shape: Shape, dType: DType = MX_REAL_TYPE, ctx: Context = null): Symbol = made("_ones", shape, dType, ctx)

  private def made(operator: String, shape: Shape, dType: DType, ctx: Context): Symbol = {
    val context = if (ctx == null) Context.defaultCtx else ctx
    createFromListedSymbols(operator)(
      Array.empty, Map("shape" -> shape.toString, "dtype" -> dType.toString, "ctx" -> context.toString))
  }

  /** Numbers from start until stop, or from 0 until start if stop is None; each `repeat` times. */
  def arange(start: Float, stop: Option[Float] = None, step: Float = 1.0f, repeat: Int = 1, name: String = null,
      dType: DType = MX_REAL_TYPE): Symbol = arange(start, stop, step, repeat, false, name, dType)

  def arange(start: Float, stop: Option[Float], step: Float, repeat: Int, infer_range: Boolean, name: String, dType: DType): Symbol =
    createFromListedSymbols("_arange", name)(Array.empty, Map("start" -> start.toString, "step" -> step.toString,
      "repeat" -> repeat.toString, "infer_range" -> infer_range.toString, "dtype" -> dType.toString) ++
      stop.map("stop" -> _.toString))

  /** A variable. */
  def Variable(name: String, attr: Map[String, String] = null, shape: Shape = null, lrMult: Option[Float] = None,
      wdMult: Option[Float] = None, dType: DType = null, kwargs: Map[String, String] = Map.empty): Symbol = {
    kwargs.keys.find(key => !key.startsWith("__") || !key.endsWith("__")).foreach(key =>
      throw new IllegalArgumentException(
        s"Attribute name=$key is not supported. Additional attributes must start and end with double underscores, e.g, __yourattr__"))
    val described = Option(shape).map("__shape__" -> _.toString) ++ lrMult.map("__lr_mult__" -> _.toString) ++
      wdMult.map("__wd_mult__" -> _.toString) ++ Option(dType).map("__dtype__" -> _.id.toString)
    val attributes = AttrScope.current.get(Option(attr)) ++ described ++ kwargs
    val node = _root_.io.offboard.graph.Node.variable(name, Composition.hidden(attributes.asJava))
    new Symbol(Vector(new Entry(node, 0)))
  }

  /** One symbol of the outputs of several. */
  def Group(symbols: Symbol*): Symbol = new Symbol(symbols.flatMap(_.entries).toVector)

  /** A new node whose inputs are these symbols in order. */
  def createFromListedSymbols(operator: String, name: String = null, attr: Map[String, String] = null)(
      symbols: Array[Symbol], paramKwargs: Map[String, String] = null): Symbol =
    composed(operator, name, attr, symbols.toSeq, Map.empty, Option(paramKwargs).getOrElse(Map.empty))

  /** A new node whose inputs are these symbols by their names. */
  def createFromNamedSymbols(operator: String, name: String = null, attr: Map[String, String] = null)(
      symbols: Map[String, Symbol], paramKwargs: Map[String, String] = null): Symbol =
    composed(operator, name, attr, Nil, symbols, Option(paramKwargs).getOrElse(Map.empty))

  @deprecated("Use Checked version", "0.1.2")
  def createFromNamedSymbolsNoCheck(operator: String, name: String = null, attr: Map[String, String] = null)(
      kwargs: Map[String, Any]): Symbol = composed(operator, name, attr, Nil, kwargs)

  @deprecated("Use Checked version", "0.1.2")
  def createFromListedSymbolsNoCheck(operator: String, name: String = null, attr: Map[String, String] = null)(
      symbols: Array[Symbol], kwargs: Map[String, Any] = null): Symbol = composed(operator, name, attr, symbols.toSeq, kwargs)

  /** A new node; null leaves out an input, and named symbols and parameters. */
  private[mxnet] def composed(operator: String, name: String, attr: Map[String, String], positional: Seq[Symbol],
      kwargs: Map[String, Any]): Symbol = {
    val (named, parameters) = Option(kwargs).getOrElse(Map.empty[String, Any]).partition(_._2.isInstanceOf[Symbol])
    composed(operator, name, attr, positional, named.map { case (key, value) => key -> value.asInstanceOf[Symbol] }, parameters)
  }

  /** A new node; null leaves out an input or a parameter. */
  private[mxnet] def composed(operator: String, name: String, attr: Map[String, String], positional: Seq[Symbol],
      named: Map[String, Symbol], parameters: Map[String, Any]): Symbol = MXNetError.translated {
    val texts = parameters.flatMap { case (key, value) => ParameterText.of(value).map(key -> _) }
    val attributes = AttrScope.current.get(Option(attr)) ++ texts
    val made = Composition.compose(operator, new Label(name), attributes.asJava,
      positional.map(each => if (each == null) null else each.entry).asJava, named.map { case (key, value) => key -> value.entry }.asJava)
    new Symbol(made.asScala.toVector)
  }

  /** The name given, or one of the operator's hint. */
  private final class Label(name: String) extends java.util.function.UnaryOperator[String] {
    override def apply(hint: String): String = NameManager.current.get(Option(name), hint)
  }

  /** Reads a file of symbol JSON of any MXNet version. */
  def load(fname: String): Symbol = {
    val path = Paths.get(fname)
    if (!Files.isReadable(path)) throw new MXNetError(s"""LocalFileSystem: Check failed: Open "$fname": No such file or directory""")
    loadJson(new String(Files.readAllBytes(path), StandardCharsets.UTF_8))
  }

  def loadJson(json: String): Symbol = MXNetError.translated(new Symbol(SymbolJson.loads(json).heads.asScala.toVector))
}
