package org.apache.mxnet

import java.awt.Color
import java.awt.image.BufferedImage
import java.io.{ByteArrayInputStream, ByteArrayOutputStream}
import javax.imageio.ImageIO

import org.apache.mxnet.Refusals.assertIllegal
import org.junit.jupiter.api.Assertions.{assertArrayEquals, assertEquals}
import org.junit.jupiter.api.Test

class ImageTest {
  private val picture: BufferedImage = {
    val image = new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB)
    for (x <- 0 until 3; y <- 0 until 2) image.setRGB(x, y, new Color(10 * x, 20 * y, 200).getRGB)
    image
  }

  private def png: Array[Byte] = {
    val bytes = new ByteArrayOutputStream
    ImageIO.write(picture, "png", bytes)
    bytes.toByteArray
  }

  @Test def aPngIsDecodedInRedGreenBlue(): Unit = {
    val array = Image.imDecode(new ByteArrayInputStream(png))
    assertEquals(Shape(2, 3, 3), array.shape)
    assertEquals(DType.UInt8, array.dtype)
    assertArrayEquals(Array(10f, 0f, 200f), array.at(0).at(1).toArray)
    assertArrayEquals(Array(200f, 0f, 10f), Image.imDecode(png, 1, to_rgb = false, None).at(0).at(1).toArray)
    val back = Image.toImage(array)
    for (x <- 0 until 3; y <- 0 until 2) assertEquals(picture.getRGB(x, y), back.getRGB(x, y))
  }

  @Test def imagesAreCutResizedAndFramed(): Unit = {
    val array = NDArray.arange(18f).asType(DType.UInt8).reshape(Array(2, 3, 3))
    assertArrayEquals(Array(12f, 13f, 14f, 15f, 16f, 17f), Image.fixedCrop(array, 1, 1, 2, 1).toArray)
    assertIllegal("outside an image")(Image.fixedCrop(array, 2, 0, 2, 1))
    assertEquals(Shape(4, 6, 3), Image.imResize(array, 6, 4).shape)
    val framed = Image.copyMakeBorder(array, 1, 1, 1, 1, value = Some(7.0))
    assertEquals(Shape(4, 5, 3), framed.shape)
    assertEquals(7f, framed.at(0).toArray(0))
  }

  @Test def boxesAreDrawn(): Unit = {
    val image = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB)
    Image.drawBoundingBox(image, Array(Map("xmin" -> 5, "xmax" -> 30, "ymin" -> 5, "ymax" -> 30)), Some(Array("cat")))
    assertEquals(Color.RED.getRGB, image.getRGB(30, 20))
    assertEquals(Color.BLACK.getRGB, image.getRGB(38, 38))
  }
}
