package org.apache.mxnet

import java.io.RandomAccessFile
import java.nio.charset.StandardCharsets
import java.nio.file.{Files, Paths}
import java.nio.{ByteBuffer, ByteOrder}

import org.apache.mxnet.Base.{RecordIOHandleRef, RefLong}

import scala.collection.JavaConverters._
import scala.collection.mutable

/** Records one after the other in a file. A record is a string whose characters are its bytes. */
class MXRecordIO(uri: String, flag: MXRecordIO.IOFlag) {
  protected val recordIOHandle: RecordIOHandleRef = new RefLong
  protected var isOpen: Boolean = false
  protected[mxnet] var file: RandomAccessFile = null

  open()

  protected def open(): Unit = {
    flag match {
      case MXRecordIO.IOWrite =>
        file = new RandomAccessFile(uri, "rw")
        file.setLength(0)
      case MXRecordIO.IORead =>
        if (!Files.isReadable(Paths.get(uri))) throw new MXNetError(s"""LocalFileSystem: Check failed: Open "$uri": No such file or directory""")
        file = new RandomAccessFile(uri, "r")
    }
    isOpen = true
  }

  def close(): Unit = if (isOpen) {
    file.close()
    isOpen = false
  }

  /** Starts at the first record; a file that is written is emptied. */
  def reset(): Unit = {
    close()
    open()
  }

  def write(buf: String): Unit = {
    require(flag == MXRecordIO.IOWrite, "the file was opened for reading")
    RecordFormat.write(file, buf.getBytes(StandardCharsets.ISO_8859_1))
  }

  /** The next record, or null at the end. */
  def read(): String = {
    require(flag == MXRecordIO.IORead, "the file was opened for writing")
    RecordFormat.read(file, uri).map(new String(_, StandardCharsets.ISO_8859_1)).orNull
  }
}

object MXRecordIO {
  sealed trait IOFlag
  case object IOWrite extends IOFlag { override def toString: String = "w" }
  case object IORead extends IOFlag { override def toString: String = "r" }

  /** What stands before an image in a record. */
  case class IRHeader(flag: Int, label: Array[Float], id: Int, id2: Int)

  /** A record of a header and what follows it; several labels follow the header. */
  def pack(header: IRHeader, s: String): String = {
    val several = header.label.length != 1
    val bytes = ByteBuffer.allocate(24 + (if (several) 4 * header.label.length else 0)).order(ByteOrder.LITTLE_ENDIAN)
    bytes.putInt(if (several) header.label.length else 0).putFloat(if (several) 0f else header.label(0))
    bytes.putLong(header.id.toLong).putLong(header.id2.toLong)
    if (several) header.label.foreach(each => bytes.putFloat(each))
    new String(bytes.array, StandardCharsets.ISO_8859_1) + s
  }

  /** The header of a record, and what follows it. */
  def unpack(s: String): (IRHeader, String) = {
    val bytes = ByteBuffer.wrap(s.getBytes(StandardCharsets.ISO_8859_1)).order(ByteOrder.LITTLE_ENDIAN)
    require(bytes.remaining >= 24, "a record is shorter than its header")
    val flag = bytes.getInt
    val label = bytes.getFloat
    val (id, id2) = (bytes.getLong.toInt, bytes.getLong.toInt)
    val labels = if (flag > 0) Array.fill(flag)(bytes.getFloat) else Array(label)
    (IRHeader(flag, labels, id, id2), s.substring(bytes.position))
  }
}

/** Records that are found by keys, which an index file lists. */
class MXIndexedRecordIO(idxPath: String, uri: String, flag: MXRecordIO.IOFlag, keyType: MXIndexedRecordIO.KeyType = MXIndexedRecordIO.TyepInt)
    extends MXRecordIO(uri, flag) {
  private val places = mutable.LinkedHashMap.empty[Any, Long]

  if (flag == MXRecordIO.IORead) readIndex()

  private def readIndex(): Unit = {
    places.clear()
    Files.readAllLines(Paths.get(idxPath)).asScala.filter(_.nonEmpty).foreach { line =>
      val Array(key, place) = line.split('\t')
      places(parsed(key)) = place.toLong
    }
  }

  private def parsed(key: String): Any = keyType match {
    case MXIndexedRecordIO.TyepShort => key.toShort
    case MXIndexedRecordIO.TyepInt => key.toInt
    case MXIndexedRecordIO.TyepLong => key.toLong
    case MXIndexedRecordIO.TyepFloat => key.toFloat
    case MXIndexedRecordIO.TyepDouble => key.toDouble
    case MXIndexedRecordIO.TyepString => key
  }

  override def close(): Unit = {
    if (isOpen && flag == MXRecordIO.IOWrite) {
      Files.write(Paths.get(idxPath), places.map { case (key, place) => s"$key\t$place" }.toSeq.asJava)
    }
    super.close()
  }

  override def reset(): Unit = {
    super.reset()
    if (flag == MXRecordIO.IORead) readIndex() else places.clear()
  }

  def seek(idx: Any): Unit = {
    require(flag == MXRecordIO.IORead, "the file was opened for writing")
    file.seek(places.getOrElse(idx, throw new IllegalArgumentException(s"$idxPath has no key $idx")))
  }

  /** Where the next record is written. */
  def tell(): Int = {
    require(flag == MXRecordIO.IOWrite, "the file was opened for reading")
    file.getFilePointer.toInt
  }

  def readIdx(idx: Any): String = {
    seek(idx)
    read()
  }

  def writeIdx(idx: Any, buf: String): Unit = {
    val place = tell()
    write(buf)
    places(idx) = place.toLong
  }

  def keys(): Iterable[Any] = places.keys
}

object MXIndexedRecordIO {
  sealed trait KeyType
  case object TyepShort extends KeyType { override def toString: String = "Short" }
  case object TyepInt extends KeyType { override def toString: String = "Int" }
  case object TyepLong extends KeyType { override def toString: String = "Long" }
  case object TyepFloat extends KeyType { override def toString: String = "Float" }
  case object TyepDouble extends KeyType { override def toString: String = "Double" }
  case object TyepString extends KeyType { override def toString: String = "String" }
}

/** Records in a file: a mark, a length, the bytes and up to three zeros; a record that holds the mark is cut there. */
private[mxnet] object RecordFormat {
  private val Mark = 0xced7230a
  private val LengthBits = 29

  def write(file: RandomAccessFile, record: Array[Byte]): Unit = {
    require(record.length < (1 << LengthBits), s"a record of ${record.length} bytes is too large")
    val cuts = (0 to record.length - 4 by 4).filter(at => number(record, at) == Mark)
    val starts = 0 +: cuts.map(_ + 4)
    val ends = cuts :+ record.length
    starts.zip(ends).zipWithIndex.foreach { case ((start, end), i) =>
      val part = if (cuts.isEmpty) 0 else if (i == 0) 1 else if (i == cuts.length) 3 else 2
      val padded = (end - start + 3) / 4 * 4
      val bytes = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN)
      bytes.putInt(Mark).putInt(part << LengthBits | (end - start)).put(record, start, end - start)
      file.write(bytes.array)
    }
  }

  def read(file: RandomAccessFile, name: String): Option[Array[Byte]] =
    if (file.getFilePointer >= file.length) None
    else {
      val record = mutable.ArrayBuilder.make[Byte]
      var more = true
      var first = true
      while (more) {
        val head = ByteBuffer.wrap(exactly(file, 8, name)).order(ByteOrder.LITTLE_ENDIAN)
        if (head.getInt != Mark) throw new MXNetError(s"Invalid RecordIO File: $name has no record at byte ${file.getFilePointer - 8}")
        val described = head.getInt
        val (part, length) = (described >>> LengthBits, described & ((1 << LengthBits) - 1))
        if (!first) record ++= ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(Mark).array
        record ++= exactly(file, (length + 3) / 4 * 4, name).take(length)
        first = false
        more = part == 1 || part == 2
      }
      Some(record.result())
    }

  private def exactly(file: RandomAccessFile, count: Int, name: String): Array[Byte] = {
    if (file.length - file.getFilePointer < count) throw new MXNetError(s"Invalid RecordIO File: $name ends within a record")
    val bytes = new Array[Byte](count)
    file.readFully(bytes)
    bytes
  }

  private def number(bytes: Array[Byte], at: Int): Int = ByteBuffer.wrap(bytes, at, 4).order(ByteOrder.LITTLE_ENDIAN).getInt
}
