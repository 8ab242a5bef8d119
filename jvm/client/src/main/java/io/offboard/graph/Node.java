package io.offboard.graph;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A variable (its operator is null) or the application of an operator. Attributes are texts as in symbol JSON: the operator's
 * parameters and hidden keys like {@code __lr_mult__}.
 */
public final class Node {
  private final String operator;
  private final String name;
  private final Map<String, String> attributes = new LinkedHashMap<>();
  private final List<Entry> inputs = new ArrayList<>();
  private final List<Graph> subgraphs;

  public Node(String operator, String name, Map<String, String> attributes, List<Graph> subgraphs) {
    this.operator = operator;
    this.name = name;
    this.attributes.putAll(attributes);
    this.subgraphs = List.copyOf(subgraphs);
  }

  /** A variable. */
  public static Node variable(String name, Map<String, String> attributes) {
    return new Node(null, name, attributes, List.of());
  }

  public String operator() {
    return operator;
  }

  public String name() {
    return name;
  }

  /** The attributes themselves: changes are seen. */
  public Map<String, String> attributes() {
    return attributes;
  }

  /** The inputs themselves: changes are seen. */
  public List<Entry> inputs() {
    return inputs;
  }

  /** Graphs that a control-flow operator carries. */
  public List<Graph> subgraphs() {
    return subgraphs;
  }

  public boolean isVariable() {
    return operator == null;
  }
}
