package org.apache.mxnet.javaapi

import io.offboard.rules.Rules

/** The version of this client. */
object Version {
  /** `x.y.z`. */
  def version: String = Rules.version

  override def toString: String = version
}
