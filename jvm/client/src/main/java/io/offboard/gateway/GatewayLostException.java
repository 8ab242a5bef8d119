package io.offboard.gateway;

/** The gateway's process went away during a call. */
final class GatewayLostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  GatewayLostException(Throwable cause) {
    super("The instance's Python ended during a call", cause);
  }
}
