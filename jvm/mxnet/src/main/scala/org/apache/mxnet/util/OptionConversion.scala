package org.apache.mxnet.util

import scala.language.implicitConversions

/** A value where an option is asked for. The name is MXNet's: programs import it. */
object OptionConversion {
  implicit def someWrapper[A](noSome: A): Option[A] = Option(noSome)
}
