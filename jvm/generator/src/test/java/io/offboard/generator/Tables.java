package io.offboard.generator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Where the tests find the project's table, and the facts about MXNet that lie outside the repository. */
final class Tables {
  private static final Path ROOT = root();

  private Tables() {}

  static OperatorTable project() throws IOException {
    return OperatorTable.read(ROOT.resolve("python/offboard/operators/table.json"));
  }

  /** A file of the facts about MXNet; without them ({@code OFFBOARD_TEST_DATA}) the test is left out. */
  static Path fact(String name) {
    String folder = System.getenv("OFFBOARD_TEST_DATA");
    Path path = (folder == null ? ROOT.resolveSibling("shared") : Path.of(folder)).resolve("mxnet").resolve(name);
    Assumptions.assumeTrue(Files.exists(path), () -> "no test data at " + path + "; set OFFBOARD_TEST_DATA");
    return path;
  }

  private static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("pyproject.toml"))) {
      folder = folder.getParent();
    }
    return folder;
  }
}
