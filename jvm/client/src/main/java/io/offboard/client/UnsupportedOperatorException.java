package io.offboard.client;

/** An operator that cannot run on this side. */
public final class UnsupportedOperatorException extends OffboardException {
  private static final long serialVersionUID = 1L;

  public UnsupportedOperatorException(String message) {
    super(message);
  }
}
