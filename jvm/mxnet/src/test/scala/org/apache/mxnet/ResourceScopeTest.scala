package org.apache.mxnet

import org.junit.jupiter.api.Assertions.{assertEquals, assertFalse, assertNotEquals, assertTrue}
import org.junit.jupiter.api.Test

class ResourceScopeTest {
  @Test def aScopeDisposesOfWhatItDoesNotReturn(): Unit = {
    var inner: NDArray = null
    val kept = ResourceScope.using() {
      inner = NDArray.ones(2)
      inner + 1
    }
    assertTrue(inner.isDisposed)
    assertFalse(kept.isDisposed)
  }

  @Test def whatIsReturnedGoesToTheScopeAround(): Unit = {
    var returned: Seq[NDArray] = Nil
    ResourceScope.using() {
      returned = ResourceScope.using()(Seq(NDArray.ones(1), NDArray.ones(2)))
      assertFalse(returned.exists(_.isDisposed))
    }
    assertTrue(returned.forall(_.isDisposed))
  }

  @Test def aFailureDisposesOfEverything(): Unit = {
    var inner: NDArray = null
    try ResourceScope.using[Unit]() {
      inner = NDArray.ones(1)
      throw new IllegalStateException("expected")
    } catch {
      case error: IllegalStateException => assertEquals("expected", error.getMessage)
    }
    assertTrue(inner.isDisposed)
  }

  @Test def aScopeIsGivenAndHoldsWhatItIsGiven(): Unit = {
    val before = NDArray.ones(1)
    val scope = new ResourceScope
    scope.add(before)
    assertTrue(scope.contains(before))
    scope.moveToOuterScope(before)
    assertFalse(scope.contains(before))
    val inner = NDArray.ones(1)
    assertTrue(scope.contains(inner))
    scope.close()
    assertTrue(inner.isDisposed)
    assertFalse(before.isDisposed)
  }

  @Test def aGivenScopeStaysOpenAfterTheBody(): Unit = ResourceScope.using() {
    val outer = NDArray.ones(1)
    var (inner, added) = (NDArray.ones(1), NDArray.ones(1))
    ResourceScope.using() {
      inner = NDArray.ones(1)
      ResourceScope.usingIfScopeExists(outer.scope) {
        added = NDArray.ones(1)
      }
      assertEquals(outer.scope, added.scope)
      assertNotEquals(outer.scope, NDArray.ones(1).scope)
    }
    assertTrue(inner.isDisposed)
    assertFalse(added.isDisposed)
    assertFalse(outer.isDisposed)
  }

  @Test def aForgottenResourceIsReported(): Unit = {
    class Owned(released: Boolean, traced: Boolean) extends WarnIfNotDisposed {
      var reported = false
      override def isDisposed: Boolean = released
      override protected def tracingEnabled: Boolean = traced
      override protected def logDisposeWarning(): Unit = reported = true
      def collected(): Owned = { finalize(); this }
      def trace: Option[Array[StackTraceElement]] = creationTrace
    }
    assertTrue(new Owned(released = false, traced = false).collected().reported)
    assertFalse(new Owned(released = true, traced = false).collected().reported)
    assertTrue(new Owned(released = true, traced = false).trace.isEmpty)
    assertTrue(new Owned(released = true, traced = true).trace.get.exists(_.getClassName == getClass.getName))
  }

  @deprecated("Collectors are deprecated", "0.1.0")
  @Test def aCollectorDisposesOfWhatItDoesNotReturn(): Unit = {
    var inner: NDArray = null
    val kept = NDArrayCollector.auto().withScope {
      inner = NDArray.ones(2)
      inner + 1
    }
    assertTrue(inner.isDisposed)
    assertFalse(kept.isDisposed)
    val manual = NDArrayCollector.manual()
    manual.withScope { inner = NDArray.ones(2); 0 }
    assertEquals(1, manual.size)
    assertFalse(inner.isDisposed)
    manual.clear()
    assertTrue(inner.isDisposed)
  }
}
