package io.offboard.client;

/**
 * Everything that Offboard throws on purpose. The Scala and Java API show it as {@code MXNetError}, with this as its cause.
 *
 * <pre>
 * OffboardException
 * ├── InferenceOnlyException          training was asked for
 * ├── UnsupportedOperatorException    an operator that cannot run here
 * └── AcceleratorException            said by, or about, an accelerator; its code says what
 *     ├── NoAcceleratorException              none attached, none reachable
 *     └── AcceleratorUnavailableException     connection lost, worker died, deadline passed
 * </pre>
 */
public class OffboardException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public OffboardException(String message) {
    super(message);
  }

  public OffboardException(String message, Throwable cause) {
    super(message, cause);
  }
}
