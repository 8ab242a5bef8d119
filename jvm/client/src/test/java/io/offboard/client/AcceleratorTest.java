package io.offboard.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.offboard.graph.Composition;
import io.offboard.graph.Entry;
import io.offboard.graph.Graph;
import io.offboard.graph.Node;
import io.offboard.testing.Daemon;
import io.offboard.wire.accelerator.ErrorDetail;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Graphs on a real accelerator. */
class AcceleratorTest {
  private static Daemon daemon;

  @BeforeAll
  static void start() throws IOException {
    daemon = new Daemon();
  }

  @AfterAll
  static void stop() throws IOException {
    daemon.close();
  }

  @Test
  void digitsEqualTheGolden() {
    Lenet lenet = new Lenet();
    try (Backend backend = lenet.bind()) {
      lenet.assertGolden(backend.forward(lenet.arrays, lenet.versions, false));
      // The second comes from what is resident, through memory whose layout is known by now.
      lenet.assertGolden(backend.forward(lenet.arrays, lenet.versions, false));
    }
  }

  @Test
  void aKilledWorkerIsReplacedAndTheForwardReplayed() {
    Lenet lenet = new Lenet();
    try (Backend backend = lenet.bind()) {
      backend.forward(lenet.arrays, lenet.versions, false);
      daemon.killWorker();
      lenet.assertGolden(backend.forward(lenet.arrays, lenet.versions, false));
    }
  }

  @Test
  void whatIsWrittenIsSeenByTheNextForward() {
    Map<String, Tensor> arrays = Map.of("a", Floats.of(1, 2), "b", Floats.of(10, 20));
    try (Backend backend = Bindings.accelerator(sum(), arrays, Map.of("a", 0L, "b", 0L), List.of(), true)) {
      assertArrayEquals(new float[] {11, 22}, Floats.of(backend.forward(arrays, Map.of("a", 0L, "b", 0L), false).get(0)));
      Map<String, Tensor> after = Map.of("a", Floats.of(5, 6), "b", arrays.get("b"));
      assertArrayEquals(new float[] {15, 26}, Floats.of(backend.forward(after, Map.of("a", 1L, "b", 0L), false).get(0)));
    }
  }

  @Test
  void aWrittenWeightBecomesAnInput() {
    Lenet lenet = new Lenet();
    try (Backend backend = lenet.bind()) {
      backend.forward(lenet.arrays, lenet.versions, false);
      String bias = lenet.arrays.keySet().stream().filter(name -> name.endsWith("bias")).reduce((first, last) -> last).orElseThrow();
      Tensor moved = Tensor.zeros(Dtype.FLOAT32, lenet.arrays.get(bias).shape());
      moved.data().asFloatBuffer().put(0, 100f);
      lenet.arrays.put(bias, moved);
      lenet.versions.put(bias, 1L);
      FloatBuffer output = backend.forward(lenet.arrays, lenet.versions, false).get(0).data().asFloatBuffer();
      assertEquals(1f, output.get(0), 1e-6f, "the class with the large bias is certain");
    }
  }

  @Test
  void newShapesMakeNewPlans() {
    Map<String, Tensor> two = Map.of("a", Floats.of(1, 2), "b", Floats.of(10, 20));
    try (Backend backend = Bindings.accelerator(sum(), two, Map.of("a", 0L, "b", 0L), List.of(), true)) {
      Map<String, Tensor> three = Map.of("a", Floats.of(1, 2, 3), "b", Floats.of(1, 1, 1));
      assertArrayEquals(new float[] {2, 3, 4}, Floats.of(backend.forward(three, Map.of("a", 1L, "b", 1L), false).get(0)));
      assertArrayEquals(new float[] {11, 22}, Floats.of(backend.forward(two, Map.of("a", 2L, "b", 2L), false).get(0)));
    }
  }

  @Test
  void largeTensorsComeThroughSharedMemory() {
    float[] values = new float[1 << 20];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    Map<String, Tensor> arrays = Map.of("a", Floats.of(values), "b", Floats.of(values));
    try (Backend backend = Bindings.accelerator(sum(), arrays, Map.of("a", 0L, "b", 0L), List.of("a", "b"), true)) {
      for (long version = 0; version < 3; version++) {
        float[] sums = Floats.of(backend.forward(arrays, Map.of("a", version, "b", version), false).get(0));
        assertEquals(2f * (values.length - 1), sums[values.length - 1]);
      }
    }
  }

  @Test
  void manyThreadsUseOneExecutor() throws Exception {
    Lenet lenet = new Lenet();
    ExecutorService threads = Executors.newFixedThreadPool(6);
    try (Backend backend = lenet.bind()) {
      List<Future<List<Tensor>>> answers = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        answers.add(threads.submit(() -> backend.forward(lenet.arrays, lenet.versions, false)));
      }
      for (Future<List<Tensor>> answer : answers) {
        lenet.assertGolden(answer.get());
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void refusalsAreTyped() {
    Node data = Node.variable("data", Map.of());
    List<Entry> heads = Composition.compose("FullyConnected", hint -> hint + "0", Map.of("num_hidden", "3"),
        List.of(new Entry(data, 0)), Map.of());
    Map<String, Tensor> arrays = Map.of("data", Floats.of(1, 2), "fullyconnected0_weight", Floats.of(1), "fullyconnected0_bias", Floats.of(1));
    Map<String, Long> versions = arrays.keySet().stream().collect(Collectors.toMap(name -> name, name -> 0L));
    AcceleratorException error = assertThrows(
        AcceleratorException.class, () -> Bindings.accelerator(new Graph(heads), arrays, versions, List.of("data"), true));
    assertEquals(ErrorDetail.Code.INVALID_GRAPH, error.code());
  }

  @Test
  void aClosedExecutorRefuses() {
    Lenet lenet = new Lenet();
    Backend backend = lenet.bind();
    backend.close();
    assertThrows(OffboardException.class, () -> backend.forward(lenet.arrays, lenet.versions, false));
  }

  @Test
  void inferenceNeedsNoAttachment() {
    Connection.closeCurrent();
    Inference found = Inference.of(new Lenet().graph, Map.of("data", new long[] {4, 1, 8, 8}), Map.of("data", Dtype.FLOAT32));
    assertNull(Connection.existing(), "asking for shapes attached");
    assertTrue(found.isComplete());
    assertArrayEquals(new long[] {4, 10}, found.outputs().shapes().get(0));
    assertEquals(Dtype.FLOAT32, found.outputs().dtypes().get(0));
    assertFalse(Inference.of(sum(), Map.of(), Map.of()).isComplete());
  }

  @Test
  void aGraphWhoseSizesDependOnDataRunsInPieces() {
    Entry data = new Entry(Node.variable("data", Map.of()), 0);
    Entry mask = new Entry(Node.variable("mask", Map.of()), 0);
    List<Entry> chosen = Composition.compose("_contrib_boolean_mask", hint -> "chosen", Map.of(), List.of(data, mask), Map.of());
    List<Entry> doubled = Composition.compose("_mul_scalar", hint -> "doubled", Map.of("scalar", "2"), chosen, Map.of());
    Map<String, Tensor> arrays = new HashMap<>(Map.of("data", Floats.of(1, 2, 3), "mask", Floats.of(1, 0, 1)));
    try (Backend backend = Bindings.accelerator(new Graph(doubled), arrays, Map.of("data", 0L, "mask", 0L), List.of(), true)) {
      assertArrayEquals(new float[] {2, 6}, Floats.of(backend.forward(arrays, Map.of("data", 0L, "mask", 0L), false).get(0)));
      arrays.put("mask", Floats.of(1, 1, 1));
      assertArrayEquals(new float[] {2, 4, 6}, Floats.of(backend.forward(arrays, Map.of("data", 0L, "mask", 1L), false).get(0)));
    }
  }

  private static Graph sum() {
    Entry a = new Entry(Node.variable("a", Map.of()), 0);
    Entry b = new Entry(Node.variable("b", Map.of()), 0);
    return new Graph(Composition.compose("elemwise_add", hint -> "sum", Map.of(), List.of(a, b), Map.of()));
  }
}
