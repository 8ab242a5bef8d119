package org.apache.mxnet

import _root_.io.offboard.client.OffboardException
import _root_.io.offboard.gateway.GatewayException
import _root_.io.offboard.rules.Rules

/** What MXNet refuses, and everything that an accelerator or the instance's Python says went wrong. */
class MXNetError(val err: String) extends Exception(err)

private[mxnet] object MXNetError {
  /** An error of the rule catalogue, its fields given as name, value, name, value, ... */
  def ofRule(rule: String, fields: AnyRef*): MXNetError = new MXNetError(Rules.text(rule, fields: _*))

  /** What training asks for: no accelerator does it, and neither does the instance. */
  def inferenceOnly(operation: String): MXNetError = ofRule("inference_only_cpu", "operation", operation)

  /** Does work of the client; its errors become MXNet's. */
  def translated[T](work: => T): T =
    try work
    catch {
      case error: OffboardException => throw causedBy(error)
      case error: GatewayException => throw causedBy(error)
    }

  private def causedBy(error: RuntimeException): MXNetError = {
    val made = new MXNetError(error.getMessage)
    made.initCause(error)
    made
  }
}
