package io.offboard.client;

import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.offboard.rules.Rules;
import io.offboard.wire.accelerator.ErrorDetail;
import java.util.EnumSet;
import java.util.Set;

/** gRPC failures as exceptions of Offboard. */
final class Faults {
  /** Trailing metadata of a call that failed. */
  static final Metadata.Key<byte[]> TRAILER = Metadata.Key.of("offboard-error-bin", Metadata.BINARY_BYTE_MARSHALLER);

  /** What a restarted worker or a lapsed session answers: bind again and replay. */
  private static final Set<ErrorDetail.Code> LOST = EnumSet.of(ErrorDetail.Code.SESSION_LAPSED, ErrorDetail.Code.EXECUTOR_NOT_FOUND,
      ErrorDetail.Code.INPUT_NOT_RESIDENT, ErrorDetail.Code.MISSING_BLOB, ErrorDetail.Code.DRAINING);

  private Faults() {}

  /** The daemon's own words, or null where the call did not get as far as the daemon. */
  static ErrorDetail detailOf(StatusRuntimeException failure) {
    byte[] bytes = failure.getTrailers() == null ? null : failure.getTrailers().get(TRAILER);
    try {
      return bytes == null ? null : ErrorDetail.parseFrom(bytes);
    } catch (InvalidProtocolBufferException malformed) {
      return null;
    }
  }

  /** Whether the connection, the session or the executor is gone, so that a new one may succeed. */
  static boolean isLost(StatusRuntimeException failure) {
    ErrorDetail detail = detailOf(failure);
    if (detail != null) {
      return LOST.contains(detail.getCode());
    }
    Status.Code code = failure.getStatus().getCode();
    return code == Status.Code.UNAVAILABLE || code == Status.Code.CANCELLED || code == Status.Code.UNKNOWN;
  }

  static boolean isLost(OffboardException error) {
    return error.getCause() instanceof StatusRuntimeException && isLost((StatusRuntimeException) error.getCause());
  }

  /** Whether a bind was refused for want of blobs, which are to be sent. */
  static boolean lacksBlobs(StatusRuntimeException failure) {
    ErrorDetail detail = detailOf(failure);
    return detail != null && detail.getCode() == ErrorDetail.Code.MISSING_BLOB;
  }

  /** What to throw for a call that failed while doing something. */
  static AcceleratorException errorOf(StatusRuntimeException failure, String doing) {
    ErrorDetail detail = detailOf(failure);
    if (detail != null) {
      boolean exhausted = detail.getCode() == ErrorDetail.Code.OUT_OF_MEMORY && !detail.getRequestId().isEmpty();
      return new AcceleratorException(detail.getCode(), exhausted ? outOfMemory(detail) : detail.getMessage(), failure);
    }
    String said = failure.getStatus().getDescription();
    switch (failure.getStatus().getCode()) {
      case DEADLINE_EXCEEDED:
        return new AcceleratorUnavailableException("The accelerator did not answer in time while " + doing, failure);
      case RESOURCE_EXHAUSTED:
        return new AcceleratorException(ErrorDetail.Code.LIMIT_EXCEEDED,
            "A message was too large while " + doing + " (" + said + "): limit message_bytes", failure);
      default:
        return new AcceleratorUnavailableException(
            "The accelerator cannot be reached while " + doing + ": " + said + ". Is the daemon running?", failure);
    }
  }

  private static String outOfMemory(ErrorDetail detail) {
    return Rules.text("out_of_memory", "request_id", detail.getRequestId(), "accelerator", detail.getAccelerator(), "version",
        Rules.version(), "asked", detail.getAsked(), "used", detail.getUsed(), "free",
        Math.max(detail.getTotal() - detail.getUsed(), 0), "total", detail.getTotal());
  }
}
