package io.offboard.compatibility;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Changes that are meant, each with its reason: {@code exclusions.json}. */
final class Exclusions {
  /**
   * Members or packages that are left out.
   *
   * @param name a package, or a member as {@link Change#member()} names it
   * @param reason why nobody misses it
   */
  record Exclusion(String name, String reason) {}

  private List<Exclusion> packages = List.of();
  private List<Exclusion> members = List.of();

  private Exclusions() {}

  static Exclusions read(Path file) throws IOException {
    try (Reader reader = Files.newBufferedReader(file)) {
      Exclusions read = new Gson().fromJson(reader, Exclusions.class);
      for (Exclusion each : Stream.concat(read.packages.stream(), read.members.stream()).toList()) {
        if (each.name == null || Objects.requireNonNullElse(each.reason, "").isBlank()) {
          throw new IllegalArgumentException(file + ": an exclusion needs a name and a reason");
        }
      }
      return read;
    }
  }

  /** Packages that japicmp does not look at. */
  List<String> packages() {
    return packages.stream().map(Exclusion::name).toList();
  }

  /** Changes that are not meant, and exclusions of what has not changed, as text. */
  List<String> complaints(List<Change> changes) {
    List<String> names = members.stream().map(Exclusion::name).toList();
    List<String> changed = changes.stream().map(Change::member).toList();
    Stream<String> unmeant = changes.stream().filter(each -> !names.contains(each.member())).map(Change::toString);
    Stream<String> stale = names.stream().filter(each -> !changed.contains(each)).map(each -> each + ": excluded, and has not changed");
    return Stream.concat(unmeant, stale).toList();
  }
}
