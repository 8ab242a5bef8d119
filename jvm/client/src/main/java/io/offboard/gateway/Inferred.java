package io.offboard.gateway;

import java.util.List;

/**
 * What inference found of a graph, each in the order of the graph's lists; null where unknown.
 *
 * @param <T> a shape ({@code long[]}, a dimension of 0 is unknown) or the name of a dtype
 */
public final class Inferred<T> {
  private final List<T> arguments;
  private final List<T> auxiliary;
  private final List<T> outputs;
  private final boolean complete;

  Inferred(List<T> arguments, List<T> auxiliary, List<T> outputs, boolean complete) {
    this.arguments = arguments;
    this.auxiliary = auxiliary;
    this.outputs = outputs;
    this.complete = complete;
  }

  public List<T> arguments() {
    return arguments;
  }

  public List<T> auxiliary() {
    return auxiliary;
  }

  public List<T> outputs() {
    return outputs;
  }

  /** Whether everything is known. */
  public boolean isComplete() {
    return complete;
  }
}
