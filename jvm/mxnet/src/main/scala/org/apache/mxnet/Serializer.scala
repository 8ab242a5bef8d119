package org.apache.mxnet

import java.io.{ByteArrayInputStream, ByteArrayOutputStream, ObjectInputStream, ObjectOutputStream}
import java.nio.ByteBuffer
import java.nio.charset.{Charset, StandardCharsets}
import java.util.Base64

import scala.reflect.ClassTag

/** Objects as bytes. */
private[mxnet] abstract class Serializer {
  def serialize[T: ClassTag](t: T): ByteBuffer
  def deserialize[T: ClassTag](bytes: ByteBuffer): T
}

private[mxnet] object Serializer {
  val UTF8: Charset = StandardCharsets.UTF_8

  def getSerializer: Serializer = getSerializer(None)

  def getSerializer(serializer: Serializer): Serializer = getSerializer(Option(serializer))

  def getSerializer(serializer: Option[Serializer]): Serializer = serializer.getOrElse(new JavaSerializer)

  def encodeBase64String(bytes: ByteBuffer): String = {
    val content = new Array[Byte](bytes.remaining)
    bytes.duplicate().get(content)
    Base64.getEncoder.encodeToString(content)
  }

  def decodeBase64String(str: String): ByteBuffer = ByteBuffer.wrap(Base64.getDecoder.decode(str))
}

/** Objects as the JVM writes them. */
private[mxnet] class JavaSerializer extends Serializer {
  override def serialize[T: ClassTag](t: T): ByteBuffer = {
    val content = new ByteArrayOutputStream
    val stream = new ObjectOutputStream(content)
    stream.writeObject(t)
    stream.close()
    ByteBuffer.wrap(content.toByteArray)
  }

  override def deserialize[T: ClassTag](bytes: ByteBuffer): T = {
    val content = new Array[Byte](bytes.remaining)
    bytes.duplicate().get(content)
    new ObjectInputStream(new ByteArrayInputStream(content)).readObject().asInstanceOf[T]
  }
}
