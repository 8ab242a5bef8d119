package io.offboard.client;

import com.google.protobuf.CodedOutputStream;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.offboard.rules.Rules;
import io.offboard.wire.inference.ModelInferRequest;
import io.offboard.wire.inference.ModelInferResponse;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Inference over a Unix socket in bare frames, where the worker is on this host: {@code Endpoints.lane} in
 * {@code accelerator.proto} has the format.
 */
final class Lane implements Carrier {
  private static final byte SESSION = 0;
  private static final byte REQUEST = 1;
  private static final byte RESPONSE = 2;
  private static final byte ERROR = 3;
  private static final int HEAD = 5;
  /** Written and read at once, so that the JVM's own buffers stay small; what most frames fit. */
  private static final int ROOM = 1 << 16;

  private final SocketChannel socket;
  private final Selector selector;
  private final SelectionKey key;
  private ByteBuffer room = ByteBuffer.allocate(ROOM).order(ByteOrder.LITTLE_ENDIAN);

  /** Opens a lane for a session; fails as gRPC does where the worker does not listen, or does not know the session. */
  Lane(String path, String session, long untilNanos) {
    SocketChannel opened = null;
    try {
      opened = SocketChannel.open(address(path));
      opened.configureBlocking(false);
      selector = Selector.open();
      key = opened.register(selector, SelectionKey.OP_READ);
    } catch (IOException error) {
      closeQuietly(opened);
      throw broken(error);
    }
    socket = opened;
    byte[] name = session.getBytes(StandardCharsets.US_ASCII);
    frame(SESSION, name.length).put(name);
    try {
      exchange(SESSION, untilNanos);
    } catch (StatusRuntimeException error) {
      close();
      throw error;
    }
  }

  /** Whether this JVM can open Unix sockets by itself (16 and newer), and may open this one. */
  static boolean canOpen(String path) {
    return !path.isEmpty() && Runtime.version().feature() >= 16 && Files.isWritable(Path.of(path));
  }

  /** The address by the name of its class, which Java 11 does not have. */
  private static SocketAddress address(String path) throws IOException {
    try {
      return (SocketAddress) Class.forName("java.net.UnixDomainSocketAddress").getMethod("of", String.class).invoke(null, path);
    } catch (ReflectiveOperationException error) {
      throw new IOException("this JVM has no Unix sockets", error);
    }
  }

  @Override
  public boolean isOpen() {
    return socket.isOpen();
  }

  @Override
  public ModelInferResponse infer(ModelInferRequest request, long untilNanos) {
    int size = request.getSerializedSize();
    long limit = Rules.limit("message_bytes");
    if (size > limit) {
      throw Status.RESOURCE_EXHAUSTED.withDescription("a message of " + size + " bytes, " + limit + " allowed").asRuntimeException();
    }
    try {
      CodedOutputStream body = CodedOutputStream.newInstance(frame(REQUEST, size));
      request.writeTo(body);
      body.flush();
      return ModelInferResponse.parseFrom(exchange(RESPONSE, untilNanos));
    } catch (IOException error) {
      close();
      throw broken(error);
    }
  }

  @Override
  public void close() {
    closeQuietly(socket);
    closeQuietly(selector);
  }

  /** Room for a frame with its head written, positioned at the body. */
  private ByteBuffer frame(byte kind, int size) {
    int whole = HEAD + size;
    if (whole > room.capacity() || room.capacity() > ROOM && whole <= ROOM) {
      room = ByteBuffer.allocate(Math.max(whole, ROOM)).order(ByteOrder.LITTLE_ENDIAN);
    }
    room.clear().limit(whole);
    return room.putInt(size).put(kind);
  }

  /** Sends the frame in the room; the body of the answer, which is of the wanted kind. */
  private ByteBuffer exchange(byte wanted, long untilNanos) {
    try {
      room.rewind();
      while (room.hasRemaining()) {
        int end = room.limit();
        room.limit(Math.min(end, room.position() + ROOM));
        int count = socket.write(room);
        room.limit(end);
        if (count == 0) {
          await(SelectionKey.OP_WRITE, untilNanos);
        }
      }
      room.clear().limit(HEAD);
      fill(untilNanos);
      int size = room.getInt(0);
      byte kind = room.get(HEAD - 1);
      if (size < 0 || size > Rules.limit("message_bytes")) {
        throw new IOException("the worker sent a frame of " + Integer.toUnsignedString(size) + " bytes");
      }
      if (HEAD + size > room.capacity()) {
        room = ByteBuffer.allocate(HEAD + size).order(ByteOrder.LITTLE_ENDIAN);
      }
      room.limit(HEAD + size).position(HEAD);
      fill(untilNanos);
      room.position(HEAD);
      if (kind == ERROR) {
        throw refused();
      }
      if (kind != wanted) {
        throw new IOException("the worker sent a frame of kind " + kind);
      }
      return room;
    } catch (IOException | ClosedSelectorException error) {
      close();
      throw broken(error);
    }
  }

  /** Reads up to the room's limit. */
  private void fill(long untilNanos) throws IOException {
    while (room.hasRemaining()) {
      int end = room.limit();
      room.limit(Math.min(end, room.position() + ROOM));
      int count = socket.read(room);
      room.limit(end);
      if (count < 0) {
        throw new EOFException("the worker closed the lane");
      }
      if (count == 0) {
        await(SelectionKey.OP_READ, untilNanos);
      }
    }
  }

  private void await(int operation, long untilNanos) throws IOException {
    long left = untilNanos - System.nanoTime();
    if (left > 0 && !Thread.currentThread().isInterrupted()) {
      key.interestOps(operation);
      selector.select(Math.max(left / 1_000_000, 1));
      selector.selectedKeys().clear();
      return;
    }
    // It may still be answered: nobody must read that.
    close();
    throw (left <= 0 ? Status.DEADLINE_EXCEEDED : Status.CANCELLED.withDescription("the thread was interrupted")).asRuntimeException();
  }

  private StatusRuntimeException refused() {
    byte[] detail = new byte[room.remaining()];
    room.get(detail);
    Metadata trailers = new Metadata();
    trailers.put(Faults.TRAILER, detail);
    return Status.UNKNOWN.withDescription("the worker refused").asRuntimeException(trailers);
  }

  private static StatusRuntimeException broken(Exception error) {
    return Status.UNAVAILABLE.withDescription("the lane broke: " + error.getMessage()).withCause(error).asRuntimeException();
  }

  private static void closeQuietly(Closeable resource) {
    try {
      if (resource != null) {
        resource.close();
      }
    } catch (IOException ended) {
      // Nobody reads from it any more.
      return;
    }
  }
}
