package org.apache.mxnet

import org.junit.jupiter.api.Assertions.{assertEquals, assertFalse, assertTrue}
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
