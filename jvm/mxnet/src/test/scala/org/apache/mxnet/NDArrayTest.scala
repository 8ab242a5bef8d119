package org.apache.mxnet

import org.apache.mxnet.NDArrayConversions._
import org.apache.mxnet.Refusals.{assertIllegal, assertMxnetError}
import org.junit.jupiter.api.Assertions.{assertArrayEquals, assertEquals, assertFalse, assertNotEquals, assertTrue}
import org.junit.jupiter.api.Test

class NDArrayTest {
  private def array(values: Float*): NDArray = NDArray.array(values.toArray, Shape(values.length), Context.cpu())

  private def assertElements(found: NDArray, values: Float*): Unit = assertArrayEquals(values.toArray, found.toArray, 1e-6f)

  @Test def creationFillsShapesAndTypes(): Unit = {
    assertElements(NDArray.zeros(2), 0, 0)
    assertElements(NDArray.ones(Shape(2), dtype = DType.Int32), 1, 1)
    assertEquals(DType.Int32, NDArray.ones(Shape(2), dtype = DType.Int32).dtype)
    assertElements(NDArray.full(Shape(1, 2), 2.5f), 2.5f, 2.5f)
    assertEquals(DType.Float64, NDArray.full(Shape(1), 2.5).dtype)
    assertEquals(DType.Float64, NDArray.array(Array(1.0, 2.0), Shape(2)).dtype)
    assertElements(NDArray.arange(3f), 0, 1, 2)
    assertElements(NDArray.arange(1f, Some(2f), 0.5f, 2), 1, 1, 1.5f, 1.5f)
    assertEquals(Shape(2, 2), NDArray.toNDArray(Array(Array(1f, 2f), Array(3f, 4f))).shape)
    assertIllegal("on one level")(NDArray.toNDArray(Array(Array(1f, 2f), Array(3f))))
    assertIllegal("numbers for an array")(NDArray.array(Array(1f), Shape(2), Context.cpu()))
  }

  @Test def arithmeticOfArraysAndNumbers(): Unit = {
    val (a, b) = (array(1, -2, 3), array(2, 2, -2))
    assertElements(a + b, 3, 0, 1)
    assertElements(a - b, -1, -4, 5)
    assertElements(a * b, 2, -4, -6)
    assertElements(a / b, 0.5f, -1, -1.5f)
    assertElements(a % b, 1, 0, -1)
    assertElements(a ** 2, 1, 4, 9)
    assertElements(-a, -1, 2, -3)
    assertElements(a + 1, 2, -1, 4)
    assertElements(a - 1f, 0, -3, 2)
    assertElements(a * 0.5, 0.5f, -1, 1.5f)
    assertElements(1 - a, 0, 3, -2)
    assertElements(6f / a, 6, -3, 2)
    assertElements(2.0 ** b, 4, 4, 0.25f)
    assertElements(NDArray.maximum(a, 0f), 1, 0, 3)
    assertElements(NDArray.minimum(a, b), 1, -2, -2)
    assertElements(NDArray.power(a, b), 1, 4, 1f / 9)
  }

  @Test def comparisonsAreOnesAndZeros(): Unit = {
    val (a, b) = (array(1, 2, Float.NaN), array(2, 2, 2))
    assertElements(a > b, 0, 0, 0)
    assertElements(a >= b, 0, 1, 0)
    assertElements(a < b, 1, 0, 0)
    assertElements(a <= 1, 1, 0, 0)
    assertElements(2 > a, 1, 0, 0)
    assertElements(NDArray.equal(a, b), 0, 1, 0)
    assertElements(NDArray.notEqual(a, b), 1, 0, 1)
  }

  @Test def changesInPlaceAreSeenThroughViews(): Unit = {
    val whole = NDArray.arange(6f).reshape(Array(3, 2))
    val row = whole.slice(1)
    assertEquals(Shape(1, 2), row.shape)
    assertEquals(Shape(2), whole.at(1).shape)
    row += 10
    assertElements(whole, 0, 1, 12, 13, 4, 5)
    whole.at(2).set(Array(7f, 8f))
    whole *= 2
    assertElements(row, 24, 26)
    assertElements(whole.slice(2, 3), 14, 16)
    assertIllegal("slice(1, 4)")(whole.slice(1, 4))
  }

  @Test def wholeNumbersStayWholeAndWrap(): Unit = {
    val bytes = array(250, 3).asType(DType.UInt8)
    assertElements(bytes + 10, 4, 13)
    assertElements(bytes * 1.9f, 250, 3)
    assertElements(array(1.9f, -1.9f).asType(DType.Int32), 1, -1)
    val large = NDArray.array(Array(9007199254740992.0), Shape(1)).asType(DType.Int64)
    large += large
    assertArrayEquals(Array(18014398509481984L), large.internal.toLongArray)
  }

  @Test def halvesRoundToNearest(): Unit = {
    val halves = array(0.1f, 65504f, 1e-7f, 70000f).asType(DType.Float16)
    assertArrayEquals(Array(0.099975586f, 65504f, 1.1920929e-7f, Float.PositiveInfinity), halves.toArray, 0f)
    assertEquals(0.19995117f, (halves + halves).toArray(0))
    (0 until 1 << 16).foreach { bits =>
      val value = Half.toFloat(bits.toShort)
      if (!value.isNaN) assertEquals(bits.toShort, Half.ofFloat(value))
    }
  }

  @Test def shapesChangeAndTranspose(): Unit = {
    val matrix = NDArray.arange(6f).reshape(Array(2, 3))
    assertElements(matrix.T, 0, 3, 1, 4, 2, 5)
    assertEquals(Shape(3, 2), matrix.T.shape)
    assertEquals(Shape(6), matrix.reshape(Array(-1)).shape)
    assertMxnetError("cannot reshape")(matrix.reshape(Array(4, 2)))
    assertElements(NDArray.concatenate(matrix, matrix).slice(3), 3, 4, 5)
    assertElements(NDArray.concatenate(Seq(matrix, matrix), axis = 1), 0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5)
    assertElements(NDArray.onehotEncode(array(1, 0), NDArray.zeros(2, 3)), 0, 1, 0, 1, 0, 0)
  }

  @Test def copiesAreOnTheirOwn(): Unit = {
    val a = array(1, 2)
    val copy = a.copy()
    copy += 1
    assertElements(a, 1, 2)
    assertElements(copy.copyTo(a), 2, 3)
    assertMxnetError("shape mismatch")(a.copyTo(NDArray.zeros(3)))
    assertEquals(copy, a)
    assertEquals(copy.hashCode, a.hashCode)
    assertNotEquals(array(2, 4), a)
    assertIllegal("read-only")(new NDArray(a.elements, Context.cpu(), false, true) += 1)
    assertEquals(2.5f, array(2.5f).toScalar)
    assertIllegal("no scalar")(a.toScalar)
  }

  @Test def bytesRoundTrip(): Unit = {
    val a = array(1, 2, 3).reshape(Array(3, 1))
    assertEquals(a, NDArray.deserialize(a.serialize()))
    assertMxnetError("truncated")(NDArray.deserialize(a.serialize().take(20)))
    assertArrayEquals(Array(1.0, 2.0, 3.0), a.internal.toDoubleArray)
    assertEquals(12, a.internal.getRaw.length)
  }

  @Test def aDisposedArrayIsRefused(): Unit = {
    val a = array(1)
    a.dispose()
    a.dispose()
    assertTrue(a.isDisposed)
    assertMxnetError("disposed")(a.toArray)
  }

  @Test def whatAnArrayWasComputedFromIsDisposedOfOnDemand(): Unit = {
    val (a, b) = (array(1), array(2))
    val sum = a + b
    val last = sum * 2
    last.disposeDepsExcept(a)
    assertFalse(a.isDisposed)
    assertTrue(b.isDisposed)
    assertTrue(sum.isDisposed)
    assertElements(last, 6)
  }

  @Test def textShowsElementsAndKind(): Unit =
    assertEquals("[\n [0.0,1.0]\n [2.0,3.0]\n]\n<NDArray (2,2) cpu(0) float32>", NDArray.arange(4f).reshape(Array(2, 2)).toString)

  @Test def sparseArraysLeaveOutZeros(): Unit = {
    val dense = NDArray.array(Array(0f, 1f, 0f, 0f, 2f, 3f), Shape(3, 2), Context.cpu())
    val csr = dense.toSparse(Some(SparseFormat.CSR))
    assertTrue(csr.isSparse)
    assertElements(csr.getData, 1, 2, 3)
    assertElements(csr.getIndptr, 0, 1, 1, 3)
    assertElements(csr.getIndices, 1, 0, 1)
    assertElements(csr.toDense, 0, 1, 0, 0, 2, 3)
    val rows = dense.toSparse()
    assertEquals(SparseFormat.ROW_SPARSE, rows.sparseFormat)
    assertElements(rows.getIndices, 0, 2)
    assertElements(SparseNDArray.retain(rows, Array(2f)).toDense, 0, 0, 0, 0, 2, 3)
    assertEquals(Shape(3, 2), rows.shape)
    Seq(rows + rows, rows * 2, csr + csr, csr * 2).zip(Seq(rows, rows, csr, csr)).foreach { case (doubled, single) =>
      assertEquals(single.sparseFormat, doubled.sparseFormat)
      assertElements(doubled.copyTo(NDArray.zeros(3, 2)), 0, 2, 0, 0, 4, 6)
    }
    assertElements(rows.copy(), 0, 1, 0, 0, 2, 3)
    assertEquals(DType.Float64, csr.asType(DType.Float64).dtype)
    assertMxnetError("not written to")(rows.set(1f))
    assertMxnetError("not written to")(dense.copyTo(csr))
    assertFalse((rows + csr).isSparse)
    assertFalse((rows + 1).isSparse)
  }
}
