package io.offboard.compatibility;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChangesTest {
  private static final String OLD =
      "package api; public class Shape { public Shape(int size) {} public int size() { return 0; } public int head;"
          + " public String name() { return null; } void inside() {} }";
  private static final String NEW =
      "package api; public class Shape { public Shape(long size) {} public long size() { return 0; }"
          + " public String name() { return null; } public int added() { return 0; } }";
  private static final Set<String> GONE = Set.of("api.Shape.this", "api.Shape.size", "api.Shape.head");

  @TempDir Path folder;

  private Artifact artifact(Map<String, String> old, Map<String, String> present) throws IOException {
    return new Artifact("api", Jars.of(folder.resolve("old"), old), Jars.of(folder.resolve("new"), present), List.of());
  }

  private static Set<String> members(List<Change> changes) {
    return new TreeSet<>(changes.stream().map(Change::member).toList());
  }

  @Test
  void bothNameMembersThatAreGoneOrChangedAlike() throws IOException {
    Artifact artifact = artifact(Map.of("api.Shape", OLD), Map.of("api.Shape", NEW));
    assertEquals(new TreeSet<>(GONE), members(Japicmp.changes(artifact, List.of(), List.of())));
    assertEquals(new TreeSet<>(GONE), members(Mima.changes(artifact)));
  }

  @Test
  void bothNameClassesThatAreGone() throws IOException {
    Artifact artifact = artifact(Map.of("api.Shape", OLD, "api.Other", "package api; public class Other {}"), Map.of("api.Shape", OLD));
    assertEquals(Set.of("api.Other"), members(Japicmp.changes(artifact, List.of(), List.of())));
    assertEquals(Set.of("api.Other"), members(Mima.changes(artifact)));
  }

  @Test
  void protectedMembersOfJavaAreNoticed() throws IOException {
    Map<String, String> old = Map.of("api.Base", "package api; public class Base { protected void prepare() {} }");
    Artifact artifact = artifact(old, Map.of("api.Base", "package api; public class Base {}"));
    assertEquals(Set.of("api.Base.prepare"), members(Japicmp.changes(artifact, List.of(), List.of())));
  }

  @Test
  void functionsOfScalaMayGo() throws IOException {
    Map<String, String> function = Map.of("api.Shape$$anonfun$1", "package api; public final class Shape$$anonfun$1 {}");
    Artifact artifact = artifact(function, Map.of("api.Shape", "package api; public class Shape {}"));
    assertEquals(List.of(), Japicmp.changes(artifact, List.of(), List.of()));
    assertEquals(List.of(), Mima.changes(artifact));
  }

  @Test
  void packagesThatAreLeftOutOrNotNamedMayChange() throws IOException {
    Artifact artifact = artifact(Map.of("api.Shape", OLD), Map.of("api.Shape", NEW));
    assertEquals(List.of(), Japicmp.changes(artifact, List.of(), List.of("api")));
    assertEquals(List.of(), Japicmp.changes(artifact, List.of("other"), List.of()));
  }

  @Test
  void whatIsNotExcludedAndWhatIsWithoutNeedAreComplaints() throws IOException {
    Exclusions exclusions = exclusions(
        "{'members': [{'name': 'api.Shape.size', 'reason': 'nobody calls it'}, {'name': 'api.Shape.stays', 'reason': 'nor this'}]}");
    List<Change> changes = List.of(new Change("api", "api.Shape.size", "is gone"), new Change("api", "api.Shape.head", "is gone"));
    assertEquals(
        List.of("api: api.Shape.head: is gone", "api.Shape.stays: excluded, and has not changed"), exclusions.complaints(changes));
  }

  @Test
  void anExclusionNeedsAReason() {
    assertThrows(IllegalArgumentException.class, () -> exclusions("{'members': [{'name': 'api.Shape.size'}]}"));
    assertThrows(IllegalArgumentException.class, () -> exclusions("{'packages': [{'name': 'api', 'reason': ' '}]}"));
  }

  private Exclusions exclusions(String text) throws IOException {
    return Exclusions.read(Files.writeString(folder.resolve("exclusions.json"), text.replace('\'', '"')));
  }
}
