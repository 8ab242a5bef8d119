package io.offboard.client;

import io.offboard.wire.accelerator.ErrorDetail;

/** Anything said by, or about, an accelerator. */
public class AcceleratorException extends OffboardException {
  private static final long serialVersionUID = 1L;

  private final ErrorDetail.Code code;

  public AcceleratorException(ErrorDetail.Code code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** What went wrong. */
  public ErrorDetail.Code code() {
    return code;
  }
}
