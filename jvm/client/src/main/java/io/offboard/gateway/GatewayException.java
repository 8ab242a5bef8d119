package io.offboard.gateway;

/** An error that the instance's Python raised, or that kept it from answering. */
public final class GatewayException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public GatewayException(String message) {
    super(message);
  }

  public GatewayException(String message, Throwable cause) {
    super(message, cause);
  }
}
