package io.offboard.client;

import io.offboard.rules.Rules;
import io.offboard.wire.accelerator.ErrorDetail;

/** No accelerator is attached or reachable. */
public final class NoAcceleratorException extends AcceleratorException {
  private static final long serialVersionUID = 1L;

  NoAcceleratorException(String reason, Throwable cause) {
    super(ErrorDetail.Code.NO_ACCELERATOR, Rules.text("no_accelerator", "reason", reason), cause);
  }
}
