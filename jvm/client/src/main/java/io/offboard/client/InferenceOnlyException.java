package io.offboard.client;

/** Training (backward, gradients, optimizers) was asked for. */
public final class InferenceOnlyException extends OffboardException {
  private static final long serialVersionUID = 1L;

  public InferenceOnlyException(String message) {
    super(message);
  }
}
