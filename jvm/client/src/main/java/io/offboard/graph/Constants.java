package io.offboard.graph;

import io.offboard.client.Tensor;
import io.offboard.rules.Rules;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Which variables of a graph are constants (weights) and which are inputs of every forward. */
public final class Constants {
  /** Inputs of operators that hold what was learned; everything else may be data. */
  static final Set<String> LEARNED = Set.copyOf(Rules.graphs().learnedInputs());

  private Constants() {}

  /** What becomes constant: what feeds parameters only, or is large; never what the program named as an input. */
  public static Set<String> choose(Graph graph, Map<String, Tensor> arrays, Collection<String> inputs) {
    Set<String> learned = graph.parameterNames();
    Set<String> chosen = new HashSet<>();
    arrays.forEach((name, array) -> {
      boolean fed = inputs.contains(name) || name.equals("data") || name.endsWith("label");
      if (!fed && (learned.contains(name) || array.byteSize() >= Rules.graphs().tableBytes())) {
        chosen.add(name);
      }
    });
    return chosen;
  }
}
