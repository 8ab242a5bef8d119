package org.apache.mxnet.io

import org.apache.mxnet._
import org.junit.jupiter.api.Assertions.{assertArrayEquals, assertEquals, assertTrue}
import org.junit.jupiter.api.Test

class NDArrayIterTest {
  private val data = NDArray.arange(10f).reshape(Array(5, 2))
  private val label = NDArray.arange(5f)

  private def iterator(handle: String): NDArrayIter = new NDArrayIter(IndexedSeq(data), IndexedSeq(label), 2, false, handle)

  @Test def theLastBatchIsPadded(): Unit = {
    val batches = iterator("pad").toList
    assertEquals(List(0, 0, 1), batches.map(_.pad))
    assertArrayEquals(Array(8f, 9f, 0f, 1f), batches.last.data(0).toArray)
    assertArrayEquals(Array(4f, 0f), batches.last.label(0).toArray)
    assertEquals("data", batches.head.provideDataDesc(0).name)
    assertEquals(Shape(2, 2), batches.head.provideDataDesc(0).shape)
  }

  @Test def theRestIsDiscarded(): Unit = assertEquals(2, iterator("discard").size)

  @Test def whatFillsTheLastBatchCountsWhenItRollsOver(): Unit = {
    val batches = iterator("roll_over")
    assertEquals(List(0, 0, 0), batches.toList.map(_.pad))
    batches.reset()
    assertArrayEquals(Array(0f, 1f), batches.next().label(0).toArray)
    batches.hardReset()
    assertEquals(IndexedSeq(0L, 1L), batches.next().index)
  }

  @Test def anIteratorIsBuiltStepByStep(): Unit = {
    val batches = new NDArrayIter.Builder().addData("a", data).addDataWithDesc(new DataDesc("b", data.shape, DType.Float32, "NT"), data)
      .addLabel("c", label).setBatchSize(5).build()
    assertEquals(IndexedSeq("a", "b"), batches.provideDataDesc.map(_.name))
    assertEquals("NT", batches.provideDataDesc(1).layout)
    assertEquals(1, batches.size)
  }

  @Test def epochsAreLengthenedAndPrefetched(): Unit = {
    assertEquals(7, new ResizeIter(iterator("pad"), 7).size)
    val prefetching = new PrefetchingIter(IndexedSeq(iterator("pad"), iterator("pad")),
      IndexedSeq(Map("data" -> "one"), Map("data" -> "two")), IndexedSeq(Map("label" -> "l1"), Map("label" -> "l2")))
    assertEquals(IndexedSeq("one", "two"), prefetching.provideDataDesc.map(_.name))
    assertEquals(3, prefetching.size)
    prefetching.reset()
    assertTrue(prefetching.hasNext)
    assertEquals(2, prefetching.next().data.size)
    prefetching.dispose()
  }
}
