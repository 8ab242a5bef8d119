package io.offboard.client;

import io.offboard.wire.inference.ModelInferRequest;
import io.offboard.wire.inference.ModelInferResponse;

/** What inferences of a session travel on; it stays open from one to the next, and one thread uses it at a time. */
interface Carrier {
  /** One inference, answered until a time of {@link System#nanoTime}; throws gRPC's failure. */
  ModelInferResponse infer(ModelInferRequest request, long untilNanos);

  /** Whether it can be used again. */
  boolean isOpen();

  /** Ends it; a thread that waits on it gets a failure. */
  void close();
}
