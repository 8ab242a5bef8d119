package org.apache.mxnet

import java.nio.file.Path

import org.junit.jupiter.api.Assertions.{assertArrayEquals, assertEquals, assertNull}
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

class RecordIOTest {
  /** Records of every rest of four bytes, one with the mark in it. */
  private val records = Seq("", "a", "ab", "abc", "abcd", "wxyz\n#\u00d7\u00ce1234")

  @Test def recordsRoundTrip(@TempDir folder: Path): Unit = {
    val file = folder.resolve("records").toString
    val writer = new MXRecordIO(file, MXRecordIO.IOWrite)
    records.foreach(writer.write)
    writer.close()
    val reader = new MXRecordIO(file, MXRecordIO.IORead)
    records.foreach(each => assertEquals(each, reader.read()))
    assertNull(reader.read())
    reader.reset()
    assertEquals("", reader.read())
    reader.close()
  }

  @Test def recordsAreFoundByTheirKeys(@TempDir folder: Path): Unit = {
    val (index, file) = (folder.resolve("index").toString, folder.resolve("records").toString)
    val writer = new MXIndexedRecordIO(index, file, MXRecordIO.IOWrite)
    records.zipWithIndex.foreach { case (each, i) => writer.writeIdx(i, each) }
    writer.close()
    val reader = new MXIndexedRecordIO(index, file, MXRecordIO.IORead)
    assertEquals(records.indices.toList, reader.keys().toList)
    records.indices.reverse.foreach(i => assertEquals(records(i), reader.readIdx(i)))
    reader.close()
  }

  @Test def headersRoundTrip(): Unit = Seq(Array(3f), Array(1f, 2f, 3f)).foreach { labels =>
    val (header, rest) = MXRecordIO.unpack(MXRecordIO.pack(MXRecordIO.IRHeader(0, labels, 7, 8), "image"))
    assertArrayEquals(labels, header.label)
    assertEquals(7, header.id)
    assertEquals("image", rest)
  }
}
