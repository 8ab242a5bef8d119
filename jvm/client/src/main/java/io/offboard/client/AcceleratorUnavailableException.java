package io.offboard.client;

import io.offboard.wire.accelerator.ErrorDetail;

/** The connection is lost, the worker died, or the deadline passed. */
public final class AcceleratorUnavailableException extends AcceleratorException {
  private static final long serialVersionUID = 1L;

  AcceleratorUnavailableException(String message, Throwable cause) {
    super(ErrorDetail.Code.CODE_UNSPECIFIED, message, cause);
  }
}
