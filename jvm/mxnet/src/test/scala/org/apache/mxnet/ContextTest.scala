package org.apache.mxnet

import _root_.io.offboard.rules.Rules
import org.apache.mxnet.Refusals.assertMxnetError
import org.junit.jupiter.api.Assertions.{assertEquals, assertNotEquals}
import org.junit.jupiter.api.Test

class ContextTest {
  @Test def theAcceleratorIsDeviceTypeSix(): Unit = {
    assertEquals("eia", Context.eia().deviceType)
    assertEquals(6, Context.eia().deviceTypeid)
    assertEquals("eia(0)", Context.eia().toString)
    assertEquals(Context.eia(), new Context("eia"))
    assertNotEquals(Context.eia(), Context.cpu())
  }

  @Test def aScopeSetsTheDefault(): Unit = {
    assertEquals(Context.cpu(), Context.defaultCtx)
    Context.cpu(1).withScope(assertEquals(Context.cpu(1), Context.defaultCtx))
    assertEquals(Context.cpu(), Context.defaultCtx)
  }

  @Test def arraysDoNotLiveOnTheAccelerator(): Unit = {
    val creations = Seq[() => Any](
      () => NDArray.array(Array(1f, 2f, 3f), Shape(3), Context.eia()),
      () => NDArray.zeros(Context.eia(), 2),
      () => NDArray.ones(Shape(2), Context.eia()),
      () => NDArray.empty(Context.eia(), 2),
      () => NDArray.full(Shape(2), 1f, Context.eia()),
      () => NDArray.arange(3f, ctx = Context.eia()),
      () => NDArray.ones(2).asInContext(Context.eia()),
      () => NDArray.ones(2).copyTo(Context.eia()),
      () => Context.eia().withScope(NDArray.zeros(2)))
    creations.foreach(each => assertMxnetError("Unimplemented device 6")(each()))
    assertMxnetError(Rules.text("single_device", "device_id", Int.box(1)))(NDArray.zeros(Context.eia(1), 2))
  }

  @Test def thereIsNoGpu(): Unit = {
    assertMxnetError("GPU support is disabled. Compile MXNet with USE_CUDA=1 to enable GPU support.\nOperator _ones is not implemented for GPU.")(
      NDArray.ones(Context.gpu(), 2))
    assertMxnetError("GPU support is disabled.")(Symbol.Variable("a").simpleBind(Context.gpu(), "null", Map("a" -> Shape(1))))
  }
}
