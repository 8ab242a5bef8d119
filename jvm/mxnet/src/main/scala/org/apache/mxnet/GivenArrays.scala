package org.apache.mxnet

/** Arrays that a program gives in the order of a symbol's lists, or by name. */
private[mxnet] final class GivenArrays private (inOrder: Seq[NDArray], byName: Map[String, NDArray]) {
  def isEmpty: Boolean = (inOrder == null || inOrder.isEmpty) && (byName == null || byName.isEmpty)

  /** The array of each name; null where it may be missing and is. */
  def of(names: Seq[String], what: String, mayMiss: Boolean): Array[NDArray] =
    if (byName != null) {
      names.map(name => byName.getOrElse(name, {
        require(mayMiss, s"key `$name` is missing in `$what`")
        null
      })).toArray
    } else if (inOrder == null || (mayMiss && inOrder.isEmpty)) {
      require(mayMiss || names.isEmpty, s"Length of $what does not match the number of arguments")
      new Array[NDArray](names.size)
    } else {
      require(inOrder.size == names.size, s"Length of $what does not match the number of arguments")
      require(mayMiss || !inOrder.contains(null), s"an array of $what is null")
      inOrder.toArray
    }
}

private[mxnet] object GivenArrays {
  val nothing: GivenArrays = new GivenArrays(null, null)

  def by(inOrder: Seq[NDArray]): GivenArrays = new GivenArrays(inOrder, null)

  def by(names: Map[String, NDArray]): GivenArrays = new GivenArrays(null, names)
}

/** What a program asks of gradients: for all arguments, in their order, or by name. */
private[mxnet] final class GradientRequests private (val requests: Iterable[String]) {
  requests.foreach(each =>
    require(GradientRequests.Known.contains(each), s"grad_req must be in ${GradientRequests.Known.mkString("{", ", ", "}")}, not $each"))
}

private[mxnet] object GradientRequests {
  private val Known = Seq("null", "write", "add")

  def all(request: String): GradientRequests = new GradientRequests(Seq(request))

  def by(requests: Seq[String]): GradientRequests = new GradientRequests(requests)

  def by(requests: Map[String, String]): GradientRequests = new GradientRequests(requests.values)
}
