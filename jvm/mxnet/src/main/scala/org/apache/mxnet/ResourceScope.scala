package org.apache.mxnet

import java.util.{ArrayDeque, Collections, IdentityHashMap}

import org.slf4j.{Logger, LoggerFactory}

import scala.util.control.NonFatal

/** Disposes of every resource made within it when it ends, but of those that its body returns. */
class ResourceScope extends AutoCloseable {
  private val resources = Collections.newSetFromMap(new IdentityHashMap[NativeResource, java.lang.Boolean])

  ResourceScope.push(this)

  override def close(): Unit = {
    ResourceScope.remove(this)
    val held = resources.toArray(new Array[NativeResource](0))
    held.filter(_ != null).foreach(_.dispose(removeFromScope = false))
    resources.clear()
  }

  def add(resource: NativeResource): Unit = resources.synchronized {
    resources.add(resource)
    resource.scope = Some(this)
  }

  def contains(resource: NativeResource): Boolean = resources.synchronized(resources.contains(resource))

  /** Leaves the resource to its holder. */
  def remove(resource: NativeResource): Unit = resources.synchronized {
    resources.remove(resource)
    resource.scope = None
  }

  /** Hands the resource to the scope around this one, or to nobody. */
  def moveToOuterScope(resource: NativeResource): Unit = {
    val outer = ResourceScope.outerOf(this)
    remove(resource)
    outer.foreach(_.add(resource))
  }
}

object ResourceScope {
  private[mxnet] val logger: Logger = LoggerFactory.getLogger(classOf[ResourceScope])

  private val stack = new ThreadLocal[ArrayDeque[ResourceScope]] {
    override def initialValue: ArrayDeque[ResourceScope] = new ArrayDeque[ResourceScope]
  }

  private def push(scope: ResourceScope): Unit = stack.get.push(scope)

  private def remove(scope: ResourceScope): Unit = stack.get.removeFirstOccurrence(scope)

  private[mxnet] def getCurrentScope: Option[ResourceScope] = Option(stack.get.peek)

  private def outerOf(scope: ResourceScope): Option[ResourceScope] = {
    val scopes = stack.get.iterator
    var found = false
    var outer: Option[ResourceScope] = None
    while (scopes.hasNext && outer.isEmpty) {
      val each = scopes.next()
      if (found) outer = Some(each)
      found = found || (each eq scope)
    }
    if (found) outer else getCurrentScope
  }

  /**
   * Runs a body in a scope. Resources that it returns (one, or a collection, option, tuple or map of them) go to the scope around.
   *
   * @param scope a scope that the body's resources are added to and that stays open, or null for a new one that ends with the body
   */
  def using[A](scope: ResourceScope = null)(body: => A): A = {
    val current = if (scope != null) scope else new ResourceScope
    if (scope != null) push(scope)
    var failure: Throwable = null
    try {
      val result = body
      keep(result, current)
      result
    } catch {
      case error: Throwable =>
        failure = error
        throw error
    } finally {
      try if (scope == null) current.close() else remove(scope)
      catch {
        case NonFatal(error) if failure != null => failure.addSuppressed(error)
      }
    }
  }

  /** Runs a body in a resource's scope, if it has one. */
  private[mxnet] def usingIfScopeExists[A](scope: Option[ResourceScope])(body: => A): A = scope match {
    case None => body
    case Some(existing) => using(existing)(body)
  }

  private def keep(result: Any, scope: ResourceScope): Unit = result match {
    case resource: NativeResource => if (scope.contains(resource)) scope.moveToOuterScope(resource)
    case returned: NDArrayFuncReturn => returned.arr.foreach(keep(_, scope))
    case many: Iterator[_] =>
    case map: scala.collection.Map[_, _] => map.foreach { case (key, value) => keep(key, scope); keep(value, scope) }
    case many: Traversable[_] => many.foreach(keep(_, scope))
    case array: Array[_] => array.foreach(keep(_, scope))
    case product: Product => product.productIterator.foreach(keep(_, scope))
    case _ =>
  }
}
