package io.offboard.compatibility;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code Main OLD PRESENT EXCLUSIONS.JSON}: fails where a program that was built with the jars in the folder OLD would not link
 * against those in the folder PRESENT; each has the layout of {@code jvm/}.
 */
public final class Main {
  /** What Java programs import: all other packages of MXNet's API are Scala, and looked at by MiMa alone. */
  private static final List<String> JAVA = List.of("org.apache.mxnet.javaapi", "org.apache.mxnet.infer.javaapi");

  private Main() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 3) {
      throw new IllegalArgumentException("usage: Main OLD PRESENT EXCLUSIONS.JSON");
    }
    Exclusions exclusions = Exclusions.read(Path.of(arguments[2]));
    List<Change> changes = new ArrayList<>();
    for (Artifact artifact : Artifact.of(Path.of(arguments[0]), Path.of(arguments[1]))) {
      int before = changes.size();
      boolean scala = !artifact.libraries().isEmpty();
      changes.addAll(Japicmp.changes(artifact, scala ? JAVA : List.of(), exclusions.packages()));
      if (scala) {
        changes.addAll(Mima.changes(artifact));
      }
      System.out.printf(
          "%s (%s): %s against %s: %d changes%n",
          artifact.name(), scala ? "japicmp, MiMa" : "japicmp", artifact.present().getName(), artifact.old(), changes.size() - before);
    }
    List<String> complaints = exclusions.complaints(changes);
    complaints.forEach(System.out::println);
    if (!complaints.isEmpty()) {
      throw new IllegalStateException(
          complaints.size() + " complaints: put back what programs miss, or exclude it with a reason in " + arguments[2]);
    }
  }
}
