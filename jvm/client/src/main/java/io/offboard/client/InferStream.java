package io.offboard.client;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.offboard.wire.inference.ModelInferRequest;
import io.offboard.wire.inference.ModelInferResponse;
import io.offboard.wire.inference.ModelStreamInferResponse;
import java.util.Base64;
import java.util.concurrent.locks.LockSupport;

/** A ModelStreamInfer call that stays open: an inference costs two messages instead of a call. */
final class InferStream implements Carrier {
  /** Parameter of a reply that says a failure: the ErrorDetail, in base64. */
  private static final String FAILURE = "offboard-error";

  private final ClientCall<ModelInferRequest, ModelStreamInferResponse> call;
  private volatile Thread waiting;
  private volatile ModelStreamInferResponse reply;
  private volatile StatusRuntimeException ended;

  InferStream(ClientCall<ModelInferRequest, ModelStreamInferResponse> call) {
    this.call = call;
    call.start(new Listener(), new Metadata());
    call.request(1);
  }

  @Override
  public boolean isOpen() {
    return ended == null;
  }

  @Override
  public ModelInferResponse infer(ModelInferRequest request, long untilNanos) {
    waiting = Thread.currentThread();
    if (ended != null) {
      throw ended;
    }
    call.sendMessage(request);
    while (reply == null && ended == null) {
      long left = untilNanos - System.nanoTime();
      if (left <= 0 || Thread.currentThread().isInterrupted()) {
        // It may still be answered: nobody must read that.
        close();
        throw (left <= 0 ? Status.DEADLINE_EXCEEDED : Status.CANCELLED.withDescription("the thread was interrupted"))
            .asRuntimeException();
      }
      LockSupport.parkNanos(this, left);
    }
    ModelStreamInferResponse answer = reply;
    if (answer == null) {
      throw ended;
    }
    reply = null;
    call.request(1);
    if (!answer.getErrorMessage().isEmpty()) {
      throw failure(answer);
    }
    return answer.getInferResponse();
  }

  @Override
  public void close() {
    if (ended == null) {
      ended = Status.CANCELLED.withDescription("the stream was closed").asRuntimeException();
    }
    call.cancel("done", null);
  }

  private static StatusRuntimeException failure(ModelStreamInferResponse answer) {
    Metadata trailers = new Metadata();
    String detail = answer.getInferResponse().getParametersMap()
        .getOrDefault(FAILURE, io.offboard.wire.inference.InferParameter.getDefaultInstance()).getStringParam();
    if (!detail.isEmpty()) {
      trailers.put(Faults.TRAILER, Base64.getDecoder().decode(detail));
    }
    return Status.UNKNOWN.withDescription(answer.getErrorMessage()).asRuntimeException(trailers);
  }

  private final class Listener extends ClientCall.Listener<ModelStreamInferResponse> {
    @Override
    public void onMessage(ModelStreamInferResponse message) {
      reply = message;
      LockSupport.unpark(waiting);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (ended == null) {
        Status said = status.isOk() ? Status.UNAVAILABLE.withDescription("the stream was closed") : status;
        ended = said.asRuntimeException(trailers);
      }
      LockSupport.unpark(waiting);
    }
  }
}
