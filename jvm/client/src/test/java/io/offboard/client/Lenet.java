package io.offboard.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.offboard.graph.Graph;
import io.offboard.graph.ParamsFile;
import io.offboard.graph.SymbolJson;
import io.offboard.testing.Daemon;
import io.offboard.testing.Npz;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The network of digits, its input, and what real MXNet made of it. */
final class Lenet {
  private static final Path FOLDER = Daemon.root().resolve("tests/data/digits-lenet");

  final Graph graph;
  final Map<String, Tensor> arrays = new LinkedHashMap<>();
  final Map<String, Long> versions = new LinkedHashMap<>();
  private final Tensor golden;

  Lenet() {
    try {
      graph = SymbolJson.loads(Files.readString(FOLDER.resolve("digits-lenet-symbol.json")));
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    Npz stored = new Npz(FOLDER.resolve("golden.npz"));
    golden = stored.get("softmax_output");
    arrays.put("data", stored.get("data"));
    arrays.put("softmax_label", Tensor.zeros(Dtype.FLOAT32, golden.shape()[0]));
    ParamsFile params = ParamsFile.load(FOLDER.resolve("digits-lenet-0030.params"));
    for (int i = 0; i < params.names().size(); i++) {
      arrays.put(params.names().get(i).split(":")[1], params.arrays().get(i).data());
    }
    arrays.keySet().forEach(name -> versions.put(name, 0L));
  }

  Backend bind() {
    return Bindings.accelerator(graph, arrays, versions, List.of("data"), true);
  }

  void assertGolden(List<Tensor> outputs) {
    assertEquals(1, outputs.size());
    assertArrayEquals(golden.shape(), outputs.get(0).shape());
    assertArrayEquals(Floats.of(golden), Floats.of(outputs.get(0)), 1e-5f);
  }
}
