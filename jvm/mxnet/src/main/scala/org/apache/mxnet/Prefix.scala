package org.apache.mxnet

/** Puts a prefix before every name. */
class Prefix(prefix: String) extends NameManager {
  override def get(name: Option[String], hint: String): String = prefix + super.get(name, hint)
}
