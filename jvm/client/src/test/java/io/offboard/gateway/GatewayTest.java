package io.offboard.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Against a real gateway of the Python that {@code OFFBOARD_PYTHON} names. */
class GatewayTest {
  private static final String NETWORK = "{\"nodes\": [{\"op\": \"null\", \"name\": \"data\", \"inputs\": []},"
      + "{\"op\": \"null\", \"name\": \"fc_weight\", \"inputs\": []}, {\"op\": \"null\", \"name\": \"fc_bias\", \"inputs\": []},"
      + "{\"op\": \"FullyConnected\", \"name\": \"fc\", \"attrs\": {\"num_hidden\": \"2\"}, \"inputs\": [[0, 0, 0], [1, 0, 0], [2, 0, 0]]}],"
      + "\"arg_nodes\": [0, 1, 2], \"node_row_ptr\": [0, 1, 2, 3, 4], \"heads\": [[3, 0, 0]], \"attrs\": {\"mxnet_version\": [\"int\", 10901]}}";
  private static Gateway gateway;

  @BeforeAll
  static void open() {
    gateway = new Gateway(null);
  }

  private static Tensor floats(long[] shape, float... values) {
    ByteBuffer data = ByteBuffer.allocateDirect(values.length * 4).order(ByteOrder.nativeOrder());
    data.asFloatBuffer().put(values);
    return new Tensor("float32", shape, data);
  }

  private static float[] floats(Tensor tensor) {
    float[] values = new float[tensor.data().remaining() / 4];
    tensor.data().asFloatBuffer().get(values);
    return values;
  }

  private static Map<String, Tensor> arrays(long batch, float weight) {
    Map<String, Tensor> arrays = new LinkedHashMap<>();
    float[] ones = new float[(int) batch * 3];
    java.util.Arrays.fill(ones, 1);
    arrays.put("data", floats(new long[] {batch, 3}, ones));
    arrays.put("fc_weight", floats(new long[] {2, 3}, weight, weight, weight, weight, weight, weight));
    arrays.put("fc_bias", floats(new long[] {2}, 0, 1));
    return arrays;
  }

  @Test
  void operatorsRunOnArrays() {
    Tensor a = floats(new long[] {2, 2}, 1, 2, 3, 4);
    List<Tensor> made = gateway.invoke("broadcast_mul", List.of(a, floats(new long[] {1, 2}, 10, 100)), Map.of(), false);
    assertArrayEquals(new float[] {10, 200, 30, 400}, floats(made.get(0)));
    assertEquals(2, gateway.invoke("topk", List.of(a), Map.of("ret_typ", "both"), false).size());
  }

  @Test
  void largeOutputsCome() {
    Tensor made = gateway.invoke("tile", List.of(floats(new long[] {1}, 7)), Map.of("reps", "(100000,)"), false).get(0);
    assertArrayEquals(new long[] {100000}, made.shape());
    assertEquals(7, floats(made)[99999]);
  }

  @Test
  void aGraphSeesWhatChanged() {
    try (GatewayExecutor executor = gateway.bind(NETWORK, "cpu", arrays(1, 1), List.of("data"), true)) {
      assertArrayEquals(new float[] {3, 4}, floats(executor.forward(arrays(1, 1), Set.of(), false).get(0)));
      assertArrayEquals(new float[] {6, 7}, floats(executor.forward(arrays(1, 2), Set.of("fc_weight"), false).get(0)));
      assertArrayEquals(new float[] {6, 7, 6, 7}, floats(executor.forward(arrays(2, 2), Set.of("data"), false).get(0)));
    }
  }

  @Test
  void closedExecutorsRefuse() {
    GatewayExecutor executor = gateway.bind(NETWORK, "cpu", arrays(1, 1), List.of("data"), true);
    executor.close();
    executor.close();
    assertThrows(GatewayException.class, () -> executor.forward(arrays(1, 1), Set.of(), false));
  }

  @Test
  void shapesAndTypesAreInferred() {
    Inferred<long[]> shapes = gateway.inferShapes(NETWORK, Map.of("data", new long[] {5, 3}), Map.of());
    assertArrayEquals(new long[] {2, 3}, shapes.arguments().get(1));
    assertArrayEquals(new long[] {5, 2}, shapes.outputs().get(0));
    assertTrue(shapes.isComplete());
    Inferred<String> types = gateway.inferTypes(NETWORK, Map.of());
    assertFalse(types.isComplete());
    assertNull(types.arguments().get(0));
  }

  @Test
  void pythonsErrorsKeepTheirText() {
    GatewayException error = assertThrows(GatewayException.class,
        () -> gateway.invoke("dot", List.of(floats(new long[] {2, 1}, 1, 2), floats(new long[] {3, 1}, 1, 2, 3)), Map.of(), false));
    assertTrue(error.getMessage().length() > 10, error.getMessage());
  }

  @Test
  void aKilledProcessIsStartedAgain() {
    Gateway own = new Gateway("");
    GatewayExecutor executor = own.bind(NETWORK, "cpu", arrays(1, 1), List.of("data"), true);
    long pid = own.connection().call("hello", new JsonObject()).get("pid").getAsLong();
    ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    ProcessHandle.of(pid).ifPresent(handle -> handle.onExit().join());
    assertArrayEquals(new float[] {15, 16}, floats(executor.forward(arrays(1, 5), Set.of(), false).get(0)));
    executor.close();
  }

  @Test
  void manyThreadsAsk() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<Float>> futures = new java.util.ArrayList<>();
      for (int i = 0; i < 40; i++) {
        Tensor mine = floats(new long[] {1}, i);
        futures.add(threads.submit(() -> floats(gateway.invoke("square", List.of(mine), Map.of(), false).get(0))[0]));
      }
      for (int i = 0; i < 40; i++) {
        assertEquals((float) i * i, futures.get(i).get());
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void noFileStaysBehind() throws IOException {
    gateway.invoke("square", List.of(floats(new long[] {1}, 2)), Map.of(), false);
    String[] left = new File("/dev/shm").list((folder, name) -> name.matches("offboard-[0-9a-f]{8}-[0-9a-f]{4}-.*"));
    assertTrue(left == null || left.length == 0, () -> String.join(" ", left));
  }

  @Test
  void aWrongAddressIsExplained() {
    assertTrue(assertThrows(GatewayException.class, () -> new Gateway("nowhere").connection()).getMessage().contains("HOST:PORT:TOKEN-FILE"));
  }
}
