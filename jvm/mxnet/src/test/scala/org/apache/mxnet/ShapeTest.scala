package org.apache.mxnet

import org.junit.jupiter.api.Assertions.{assertArrayEquals, assertEquals, assertNotEquals}
import org.junit.jupiter.api.Test

class ShapeTest {
  @Test def aShapeIsItsDimensions(): Unit = {
    val shape = Shape(2, 3, 4)
    assertEquals("(2,3,4)", shape.toString)
    assertEquals(24, shape.product)
    assertEquals(3, shape.length)
    assertEquals(3, shape(1))
    assertEquals(4, shape.get(2))
    assertEquals(2, shape.head)
    assertEquals(Shape(3, 4), shape.drop(1))
    assertEquals(Shape(3), shape.slice(1, 2))
    assertEquals(Shape(2, 3, 4, 5), shape ++ Shape(5))
    assertArrayEquals(Array(2, 3, 4), shape.toArray)
  }

  @Test def equalDimensionsAreEqualShapes(): Unit = {
    assertEquals(Shape(2, 3), new Shape(List(2, 3)))
    assertEquals(Shape(2, 3), Shape.create(2, 3))
    assertEquals(Shape(2, 3).hashCode, Shape(Vector(2, 3)).hashCode)
    assertNotEquals(Shape(2, 3), Shape(3, 2))
  }

  @Test def reshapeCodesAreMxnets(): Unit = {
    val from = Shape(2, 3, 4)
    def resolved(reverse: Boolean, codes: Int*): Shape = ReshapeCodes.resolve(from, codes.map(_.toLong).toArray, reverse)
    assertEquals(Shape(4, 6), resolved(false, 4, -1))
    assertEquals(Shape(2, 12), resolved(false, 0, -1))
    assertEquals(Shape(6, 4), resolved(false, -3, 0))
    assertEquals(Shape(2, 1, 3, 4), resolved(false, 0, -4, 1, 3, 0))
    assertEquals(Shape(2, 3, 2, 2), resolved(false, 0, 0, -4, 2, -1))
    assertEquals(Shape(1, 2, 3, 4), resolved(false, -4, 1, 2, -2))
    assertEquals(Shape(6, 4), resolved(true, -1, 0))
    assertEquals(Shape(24), resolved(false, -1))
  }
}
