package io.offboard.generator;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The text of one generated Scala file: a header and one abstract class whose methods are the operators. */
final class Source {
  private final StringBuilder text = new StringBuilder();

  Source(String packageName, String... imports) {
    line("// Generated from the operator table; do not edit.");
    line("package " + packageName);
    line("");
    for (String imported : imports) {
      line("import " + imported);
    }
  }

  Source line(String line) {
    text.append(line).append('\n');
    return this;
  }

  /** A method on one line each for head and body, with a comment that tells where its operator's facts are. */
  Source method(String name, String parameters, String result, String body) {
    return line("  def " + name + parameters + ": " + result + " =").line("    " + body);
  }

  String text() {
    return text.toString();
  }

  /** {@code (a: Int, b: Option[Int] = None)}. */
  static String parameters(List<String> declarations) {
    return "(" + String.join(", ", declarations) + ")";
  }

  /** {@code Seq(a, b)}. */
  static String sequence(List<Argument> arguments) {
    return arguments.stream().map(Argument::safeName).collect(Collectors.joining(", ", "Seq[Any](", ")"));
  }

  /** {@code Seq("axis" -> axis)}, under the names that the operator knows. */
  static String pairs(List<Argument> arguments) {
    return arguments.stream().map(argument -> quoted(argument.name()) + " -> " + argument.safeName())
        .collect(Collectors.joining(", ", "Seq[(String, Any)](", ")"));
  }

  static String quoted(String name) {
    return '"' + name + '"';
  }

  static List<Argument> arrays(List<Argument> arguments) {
    return arguments.stream().filter(argument -> argument.kind().isArray()).toList();
  }

  static List<Argument> values(List<Argument> arguments) {
    return arguments.stream().filter(argument -> !argument.kind().isArray()).toList();
  }

  /** The list with more declarations at its end. */
  static List<String> with(List<String> declarations, String... more) {
    List<String> all = new ArrayList<>(declarations);
    all.addAll(List.of(more));
    return all;
  }
}
