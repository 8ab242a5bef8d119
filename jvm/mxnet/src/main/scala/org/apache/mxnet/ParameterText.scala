package org.apache.mxnet

/** Values of operator parameters as MXNet writes them. */
private[mxnet] object ParameterText {
  /** The text of a value; None where nothing is given. */
  def of(value: Any): Option[String] = value match {
    case null | None => None
    case Some(inner) => of(inner)
    case shape: javaapi.Shape => of(shape.shape)
    case numbers: Array[_] => Some(numbers.mkString("(", ",", ")"))
    case numbers: scala.collection.Seq[_] => Some(numbers.mkString("(", ",", ")"))
    case pair: Product if pair.productPrefix.startsWith("Tuple") => Some(pair.productIterator.mkString("(", ",", ")"))
    case numbers: java.util.List[_] => of(numbers.toArray)
    case other => Some(other.toString)
  }
}
