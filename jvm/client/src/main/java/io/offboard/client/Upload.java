package io.offboard.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.offboard.rules.Rules;
import io.offboard.wire.accelerator.AcceleratorServiceGrpc;
import io.offboard.wire.accelerator.BlobChunk;
import io.offboard.wire.accelerator.MissingBlobsRequest;
import io.offboard.wire.accelerator.PutBlobReply;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Blobs: arrays and graphs named by their SHA-256, of which only those travel that the accelerator lacks. */
final class Upload {
  private static final int CHUNK = 1 << 21;
  private static final long SHOWN = 16L << 20;

  private Upload() {}

  static ByteString digestOf(ByteBuffer bytes) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(bytes.duplicate());
      return ByteString.copyFrom(digest.digest());
    } catch (NoSuchAlgorithmException error) {
      throw new IllegalStateException("every JVM has SHA-256", error);
    }
  }

  /** Streams the blobs that the store lacks, from where they lie. */
  static void sendMissing(Connection connection, Map<ByteString, ByteBuffer> blobs) {
    long seconds = Rules.limit("bind_seconds");
    MissingBlobsRequest asked = MissingBlobsRequest.newBuilder().addAllDigests(blobs.keySet()).build();
    List<ByteString> missing = connection
        .call(AcceleratorServiceGrpc.getMissingBlobsMethod(), asked, "asking for missing weights", seconds).getDigestsList();
    long total = missing.stream().mapToLong(digest -> blobs.get(digest).remaining()).sum();
    if (total >= SHOWN) {
      System.err.printf("Sending %.0f MB of weights to the accelerator%n", total / 1e6);
    }
    for (ByteString digest : missing) {
      send(connection, digest, blobs.get(digest).duplicate(), seconds);
    }
  }

  private static void send(Connection connection, ByteString digest, ByteBuffer bytes, long seconds) {
    ClientCall<BlobChunk, PutBlobReply> call = connection.channel().newCall(
        AcceleratorServiceGrpc.getPutBlobMethod(), CallOptions.DEFAULT.withDeadlineAfter(seconds, TimeUnit.SECONDS));
    Progress progress = new Progress(call);
    call.start(progress, new Metadata());
    call.request(2);
    BlobChunk.Builder chunk = BlobChunk.newBuilder().setDigest(digest).setSize(bytes.remaining());
    do {
      int size = Math.min(CHUNK, bytes.remaining());
      ByteBuffer part = bytes.duplicate();
      part.limit(part.position() + size);
      bytes.position(bytes.position() + size);
      if (!progress.awaitReady()) {
        break;
      }
      call.sendMessage(chunk.setData(UnsafeByteOperations.unsafeWrap(part)).build());
      chunk = BlobChunk.newBuilder();
    } while (bytes.hasRemaining());
    call.halfClose();
    progress.await();
  }

  /** What became of a stream of chunks. */
  private static final class Progress extends ClientCall.Listener<PutBlobReply> {
    private final ClientCall<BlobChunk, PutBlobReply> call;
    private Status status;
    private Metadata trailers;

    Progress(ClientCall<BlobChunk, PutBlobReply> call) {
      this.call = call;
    }

    @Override
    public synchronized void onReady() {
      notifyAll();
    }

    @Override
    public synchronized void onClose(Status closing, Metadata with) {
      status = closing;
      trailers = with;
      notifyAll();
    }

    /** Waits until another chunk may be sent; false when the call is over. */
    synchronized boolean awaitReady() {
      while (status == null && !call.isReady()) {
        pause();
      }
      return status == null;
    }

    synchronized void await() {
      while (status == null) {
        pause();
      }
      if (!status.isOk()) {
        throw Faults.errorOf(new StatusRuntimeException(status, trailers), "sending weights");
      }
    }

    private void pause() {
      try {
        wait();
      } catch (InterruptedException error) {
        call.cancel("interrupted", error);
        Thread.currentThread().interrupt();
        throw new AcceleratorUnavailableException("The thread was interrupted while sending weights", error);
      }
    }
  }
}
