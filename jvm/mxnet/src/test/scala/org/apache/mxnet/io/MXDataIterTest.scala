package org.apache.mxnet.io

import java.awt.image.BufferedImage
import java.io.ByteArrayOutputStream
import java.nio.ByteBuffer
import java.nio.charset.StandardCharsets
import java.nio.file.{Files, Path}
import java.util.zip.GZIPOutputStream
import javax.imageio.ImageIO

import org.apache.mxnet.Refusals.assertMxnetError
import org.apache.mxnet._
import org.junit.jupiter.api.Assertions.{assertArrayEquals, assertEquals, assertFalse}
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

class MXDataIterTest {
  @Test def aTextFileGoesRound(@TempDir folder: Path): Unit = {
    val csv = folder.resolve("data.csv")
    Files.write(csv, "1,2\n3,4\n5,6\n".getBytes)
    def parameters(round: String) = Map("data_csv" -> csv.toString, "data_shape" -> "(2,)", "batch_size" -> "2", "round_batch" -> round)
    val batches = IO.CSVIter(parameters("True"))
    assertArrayEquals(Array(1f, 2f, 3f, 4f), batches.next().data(0).toArray)
    val last = batches.next()
    assertEquals(1, last.pad)
    assertArrayEquals(Array(5f, 6f, 1f, 2f), last.data(0).toArray)
    assertFalse(batches.hasNext)
    batches.reset()
    assertArrayEquals(Array(3f, 4f, 5f, 6f), batches.next().data(0).toArray)
    val alone = IO.CSVIter(parameters("0"))
    assertArrayEquals(Array(5f, 6f, 3f, 4f), alone.toList.last.data(0).toArray)
    assertEquals(Shape(2), alone.provideLabelDesc(0).shape)
    assertMxnetError("Required parameter data_csv")(IO.CSVIter(Map("batch_size" -> "1")))
    assertMxnetError("Cannot find DataIter")(IO.createIterator("NoIter", Map("batch_size" -> "1")))
  }

  private def idx(sizes: Seq[Int], values: Seq[Int]): Array[Byte] = {
    val bytes = ByteBuffer.allocate(4 + 4 * sizes.length + values.length)
    bytes.putInt(0x800 + sizes.length)
    sizes.foreach(bytes.putInt(_))
    values.foreach(each => bytes.put(each.toByte))
    bytes.array
  }

  @Test def digitsAreReadGzippedOrNot(@TempDir folder: Path): Unit = {
    val (images, labels) = (folder.resolve("images.gz"), folder.resolve("labels"))
    val compressed = new ByteArrayOutputStream
    val stream = new GZIPOutputStream(compressed)
    stream.write(idx(Seq(3, 1, 2), Seq(0, 128, 64, 32, 255, 1)))
    stream.close()
    Files.write(images, compressed.toByteArray)
    Files.write(labels, idx(Seq(3), Seq(7, 8, 9)))
    val parameters = Map("image" -> images.toString, "label" -> labels.toString, "batch_size" -> "2", "shuffle" -> "0")
    val batches = IO.MNISTIter(parameters).toList
    assertEquals(1, batches.size)
    assertEquals(Shape(2, 1, 1, 2), batches.head.data(0).shape)
    assertArrayEquals(Array(0f, 0.5f, 0.25f, 0.125f), batches.head.data(0).toArray)
    assertArrayEquals(Array(7f, 8f), batches.head.label(0).toArray)
    assertEquals(Shape(2, 2), IO.MNISTPack(parameters + ("flat" -> "1")).iterator.next().data(0).shape)
    assertMxnetError("no file of MNIST's form")(IO.MNISTIter(parameters + ("image" -> labels.toString)))
  }

  @Test def imagesOfRecordsAreCutAndNormalized(@TempDir folder: Path): Unit = {
    val file = folder.resolve("images.rec").toString
    val writer = new MXRecordIO(file, MXRecordIO.IOWrite)
    (0 until 3).foreach { i =>
      val image = new BufferedImage(4, 3, BufferedImage.TYPE_INT_RGB)
      for (x <- 0 until 4; y <- 0 until 3) image.setRGB(x, y, (100 + x) << 16 | (50 + y) << 8 | i)
      val png = new ByteArrayOutputStream
      ImageIO.write(image, "png", png)
      writer.write(MXRecordIO.pack(MXRecordIO.IRHeader(0, Array(i.toFloat), i, 0), new String(png.toByteArray, StandardCharsets.ISO_8859_1)))
    }
    writer.close()
    val parameters = Map("path_imgrec" -> file, "data_shape" -> "(3,3,2)", "batch_size" -> "3", "mean_r" -> "100", "std_g" -> "2")
    val batch = IO.ImageRecordIter(parameters).next()
    assertEquals(Shape(3, 3, 3, 2), batch.data(0).shape)
    assertArrayEquals(Array(0f, 1f, 2f), batch.label(0).toArray)
    // The middle columns are 1 and 2.
    assertArrayEquals(Array(1f, 2f, 1f, 2f, 1f, 2f), batch.data(0).at(2).at(0).toArray)
    assertArrayEquals(Array(25f, 25f, 25.5f, 25.5f, 26f, 26f), batch.data(0).at(2).at(1).toArray)
    assertArrayEquals(Array.fill(6)(2f), batch.data(0).at(2).at(2).toArray)
    val mirrored = IO.ImageRecordIter(parameters + ("mirror" -> "1")).next()
    assertArrayEquals(Array(2f, 1f, 2f, 1f, 2f, 1f), mirrored.data(0).at(0).at(0).toArray)
    assertEquals(Shape(3, 3, 6, 6), IO.ImageRecordIter(parameters + ("data_shape" -> "(3,6,6)")).next().data(0).shape)
    Seq("random_h" -> "3", "mean_img" -> "mean.bin", "random_resized_crop" -> "1").foreach { case (name, value) =>
      assertMxnetError(s"$name of ImageRecordIter is not available")(IO.ImageRecordIter(parameters + (name -> value)))
    }
  }
}
