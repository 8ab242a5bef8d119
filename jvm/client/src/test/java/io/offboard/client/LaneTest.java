package io.offboard.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.offboard.wire.accelerator.ErrorDetail;
import io.offboard.wire.inference.ModelInferRequest;
import io.offboard.wire.inference.ModelInferResponse;
import java.io.IOException;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;

/** Frames as {@code accelerator.proto} says them, against a socket of the test's own. */
@EnabledForJreRange(min = JRE.JAVA_16)
class LaneTest {
  @TempDir
  Path folder;

  private Path path;
  private ServerSocketChannel listener;

  @BeforeEach
  void listen() throws Exception {
    path = folder.resolve("worker.lane");
    SocketAddress address = (SocketAddress) Class.forName("java.net.UnixDomainSocketAddress").getMethod("of", Path.class).invoke(null, path);
    ProtocolFamily unix = StandardProtocolFamily.valueOf("UNIX");
    listener = (ServerSocketChannel) ServerSocketChannel.class.getMethod("open", ProtocolFamily.class).invoke(null, unix);
    listener.bind(address);
  }

  @AfterEach
  void stop() throws IOException {
    listener.close();
  }

  @Test
  void asksForASessionAndInfers() {
    ModelInferResponse large = ModelInferResponse.newBuilder().setId("x".repeat(200_000)).build();
    CompletableFuture<String> asked = CompletableFuture.supplyAsync(() -> served(peer -> {
      String session = new String(receive(peer, 0), StandardCharsets.US_ASCII);
      send(peer, 0, new byte[0]);
      String name = ModelInferRequest.parseFrom(receive(peer, 1)).getModelName();
      send(peer, 2, large.toByteArray());
      return session + " " + name.length();
    }));
    Lane lane = new Lane(path.toString(), "abc", inSeconds(20));
    ModelInferRequest request = ModelInferRequest.newBuilder().setModelName("m".repeat(300_000)).build();
    assertEquals(large, lane.infer(request, inSeconds(20)));
    assertTrue(lane.isOpen());
    lane.close();
    assertEquals("abc 300000", asked.join());
  }

  @Test
  void tellsTheDaemonsWords() {
    ErrorDetail detail = ErrorDetail.newBuilder().setCode(ErrorDetail.Code.SESSION_LAPSED).setMessage("lapsed").build();
    CompletableFuture.runAsync(() -> served(peer -> {
      receive(peer, 0);
      send(peer, 3, detail.toByteArray());
      return null;
    }));
    StatusRuntimeException failure = assertThrows(StatusRuntimeException.class, () -> new Lane(path.toString(), "old", inSeconds(20)));
    assertEquals(detail, Faults.detailOf(failure));
    assertTrue(Faults.isLost(failure));
  }

  @Test
  void isLateAtItsDeadlineAndThenClosed() {
    CompletableFuture<Void> held = new CompletableFuture<>();
    CompletableFuture.runAsync(() -> served(peer -> {
      receive(peer, 0);
      send(peer, 0, new byte[0]);
      return held.join();
    }));
    Lane lane = new Lane(path.toString(), "abc", inSeconds(20));
    StatusRuntimeException failure = assertThrows(StatusRuntimeException.class,
        () -> lane.infer(ModelInferRequest.getDefaultInstance(), System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(50)));
    held.complete(null);
    assertEquals(Status.Code.DEADLINE_EXCEEDED, failure.getStatus().getCode());
    assertFalse(lane.isOpen());
  }

  @Test
  void anEndOrNonsenseIsALostConnection() {
    for (byte[] answer : new byte[][] {{}, {1, 0}, {-1, -1, -1, -1, 2}, {0, 0, 0, 0, 9}}) {
      CompletableFuture.runAsync(() -> served(peer -> {
        receive(peer, 0);
        send(peer, 0, new byte[0]);
        receive(peer, 1);
        write(peer, ByteBuffer.wrap(answer));
        return null;
      }));
      Lane lane = new Lane(path.toString(), "abc", inSeconds(20));
      StatusRuntimeException failure =
          assertThrows(StatusRuntimeException.class, () -> lane.infer(ModelInferRequest.getDefaultInstance(), inSeconds(20)));
      assertTrue(Faults.isLost(failure));
      assertFalse(lane.isOpen());
    }
  }

  private static long inSeconds(long seconds) {
    return System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
  }

  private interface Service<T> {
    T answer(SocketChannel peer) throws IOException;
  }

  private <T> T served(Service<T> service) {
    try (SocketChannel peer = listener.accept()) {
      return service.answer(peer);
    } catch (IOException error) {
      throw new IllegalStateException(error);
    }
  }

  private static byte[] receive(SocketChannel peer, int kind) throws IOException {
    ByteBuffer head = read(peer, 5);
    int size = head.getInt();
    assertEquals(kind, head.get());
    return read(peer, size).array();
  }

  private static ByteBuffer read(SocketChannel peer, int size) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (peer.read(bytes) < 0) {
        throw new IOException("the client left");
      }
    }
    return bytes.flip();
  }

  private static void send(SocketChannel peer, int kind, byte[] body) throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(5 + body.length).order(ByteOrder.LITTLE_ENDIAN);
    write(peer, frame.putInt(body.length).put((byte) kind).put(body).flip());
  }

  private static void write(SocketChannel peer, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      peer.write(bytes);
    }
  }
}
