package io.offboard.generator;

import java.util.ArrayList;
import java.util.List;

/**
 * One public operator name with its arguments in MXNet 1.9.1 ({@code current}) and in 1.5.1 ({@code first}; the same list
 * where nothing changed).
 */
record Operator(String name, List<Argument> current, List<Argument> first) {

  /** 1.5.1's arguments in their order, then what 1.9.1 added, which a caller may leave out. */
  List<Argument> merged() {
    List<Argument> all = new ArrayList<>(first);
    for (Argument argument : current) {
      if (first.stream().noneMatch(known -> known.name().equals(argument.name()))) {
        all.add(first == current ? argument : argument.asOptional());
      }
    }
    return List.copyOf(all);
  }

  /** Whether an argument of 1.5.1 became one array instead of a list of arrays: both forms are offered. */
  boolean changedList() {
    return first.stream().anyMatch(argument -> argument.kind() == Kind.ARRAYS
        && current.stream().anyMatch(now -> now.name().equals(argument.name()) && now.kind() == Kind.ARRAY));
  }

  static List<Argument> required(List<Argument> arguments) {
    return arguments.stream().filter(argument -> !argument.optional()).toList();
  }

  static List<Argument> optional(List<Argument> arguments) {
    return arguments.stream().filter(Argument::optional).toList();
  }
}
