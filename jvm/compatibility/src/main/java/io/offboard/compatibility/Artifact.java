package io.offboard.compatibility;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A module of {@code jvm/}, in two builds.
 *
 * @param name the artifact's, without a version
 * @param old its jar in the baseline
 * @param present its jar in this build
 * @param libraries the present one's
 */
record Artifact(String name, File old, File present, List<File> libraries) {
  /** The client, and MXNet's API for each version of Scala: all that this build has. */
  static List<Artifact> of(Path old, Path present) {
    List<Artifact> found = new ArrayList<>(List.of(client(old, present)));
    for (String scala : List.of("2.11", "2.12", "2.13")) {
      String name = "mxnet-full_" + scala;
      String module = "mxnet_" + scala;
      found.add(new Artifact(name, jar(old, module, name), jar(present, module, name), libraries(present.resolve(module))));
    }
    return found;
  }

  private static Artifact client(Path old, Path present) {
    return new Artifact("offboard-client", jar(old, "client", "offboard-client"), jar(present, "client", "offboard-client"), List.of());
  }

  private static File jar(Path build, String module, String name) {
    Path target = build.resolve(module).resolve("target");
    Pattern pattern = Pattern.compile(Pattern.quote(name) + "-[0-9.]+(-SNAPSHOT)?\\.jar");
    try (Stream<Path> files = Files.list(target)) {
      List<Path> jars = files.filter(each -> pattern.matcher(each.getFileName().toString()).matches()).toList();
      if (jars.size() != 1) {
        throw new IllegalStateException(target + " has " + jars.size() + " jars of " + name + ": clean and build it");
      }
      return jars.get(0).toFile();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static List<File> libraries(Path module) {
    try {
      String path = Files.readString(module.resolve("target").resolve("test-classpath.txt")).strip();
      return Arrays.stream(path.split(File.pathSeparator)).map(File::new).toList();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }
}
