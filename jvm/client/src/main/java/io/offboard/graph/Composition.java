package io.offboard.graph;

import io.offboard.client.OffboardException;
import io.offboard.operators.Facts;
import io.offboard.operators.OperatorTable;
import io.offboard.rules.Rules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** How operator nodes come to be: inputs in their slots, and variables for what is missing. */
public final class Composition {
  private Composition() {}

  /**
   * The outputs of a new node.
   *
   * @param operator its name or an alias
   * @param label names the node after the operator's hint
   * @param attributes parameters and other attributes, as texts
   * @param positional fill the slots in order; null leaves one out
   * @param named fill the slots of these names
   */
  public static List<Entry> compose(String operator, UnaryOperator<String> label, Map<String, String> attributes,
      List<Entry> positional, Map<String, Entry> named) {
    Facts facts = OperatorTable.find(operator);
    Map<String, String> attrs = new TreeMap<>(hidden(attributes));
    if (facts.variadic() != null) {
      attrs.putIfAbsent(facts.variadic(), Integer.toString(positional.size() + named.size()));
    }
    refuseDeprecated(facts, attrs);
    Map<String, Object> parsed = facts.parse(attrs);
    List<String> slots = facts.inputNames(parsed);
    if (facts.variadic() != null && slots.isEmpty()) {
      throw new OffboardException(
          "value 0 for Parameter " + facts.variadic() + " should be greater equal to 1, in operator " + facts.name());
    }
    Node node = new Node(facts.name(), label.apply(operator.toLowerCase(java.util.Locale.ROOT)), attrs, List.of());
    node.inputs().addAll(filled(facts, slots, positional, named, node));
    Upgrade.setInitializers(node);
    List<Entry> outputs = new ArrayList<>();
    for (int i = 0; i < facts.outputNames(parsed).size(); i++) {
      outputs.add(new Entry(node, i));
    }
    return outputs;
  }

  private static List<Entry> filled(Facts facts, List<String> slots, List<Entry> positional, Map<String, Entry> named, Node node) {
    Map<String, Entry> given = new HashMap<>();
    for (int i = 0; i < positional.size(); i++) {
      if (positional.get(i) != null) {
        if (i >= slots.size()) {
          throw new OffboardException("Operator " + facts.name() + " of node " + node.name() + " takes " + slots.size()
              + " inputs, " + positional.size() + " are given");
        }
        given.put(slots.get(i), positional.get(i));
      }
    }
    for (String key : named.keySet()) {
      if (!slots.contains(key)) {
        throw notFound(key, slots);
      }
    }
    given.putAll(named);
    List<Entry> inputs = new ArrayList<>();
    for (String slot : slots) {
      Entry entry = given.get(slot);
      inputs.add(entry != null ? entry : new Entry(Node.variable(node.name() + "_" + slot, node.attributes()), 0));
    }
    return inputs;
  }

  /** Attributes as nodes keep them: hidden keys between underscores. */
  public static Map<String, String> hidden(Map<String, String> attributes) {
    Map<String, String> made = new TreeMap<>();
    attributes.forEach((key, value) -> made.put(Rules.graphs().hiddenKeys().contains(key) ? "__" + key + "__" : key, value));
    return made;
  }

  private static void refuseDeprecated(Facts facts, Map<String, String> attrs) {
    // Operators without parameters ignore what they are given, and would hide this.
    attrs.forEach((key, value) -> {
      for (String hidden : Rules.graphs().hiddenKeys()) {
        if (key.endsWith("_" + hidden) && !facts.hasParameter(key)) {
          throw new OffboardException("setting variable attributes with " + key + " is deprecated. please instead use\n" + "w = Variable("
              + hidden + "=" + value + ")\nsym = YourSymbolName(" + key.substring(0, key.length() - hidden.length() - 1) + "=w)");
        }
      }
    });
  }

  private static OffboardException notFound(String key, List<String> candidates) {
    StringBuilder listed = new StringBuilder("Symbol.ComposeKeyword argument name " + key + " not found.\nCandidate arguments:");
    for (int i = 0; i < candidates.size(); i++) {
      listed.append("\n\t[").append(i).append(']').append(candidates.get(i));
    }
    return new OffboardException(listed.toString());
  }

  /** The same graph of new nodes. */
  public static List<Entry> copied(List<Entry> heads) {
    Map<Node, Node> made = new IdentityHashMap<>();
    for (Node node : new Graph(heads).nodes()) {
      Node copy = new Node(node.operator(), node.name(), node.attributes(), node.subgraphs());
      node.inputs().forEach(entry -> copy.inputs().add(new Entry(made.get(entry.node()), entry.index())));
      made.put(node, copy);
    }
    List<Entry> entries = new ArrayList<>();
    heads.forEach(head -> entries.add(new Entry(made.get(head.node()), head.index())));
    return entries;
  }

  /** A copy of the graph with the variables of these names replaced. */
  public static List<Entry> replaced(List<Entry> heads, Map<String, Entry> given) {
    if (heads.stream().allMatch(head -> head.node().isVariable())) {
      throw new OffboardException("Variable cannot be composed");
    }
    List<Entry> made = copied(heads);
    List<Node> nodes = new Graph(made).nodes();
    List<String> candidates = new ArrayList<>();
    nodes.stream().filter(Node::isVariable).forEach(node -> candidates.add(node.name()));
    for (String key : given.keySet()) {
      if (!candidates.contains(key)) {
        throw notFound(key, candidates);
      }
    }
    for (Node node : nodes) {
      node.inputs().replaceAll(entry -> entry.node().isVariable() ? given.getOrDefault(entry.node().name(), entry) : entry);
    }
    return made;
  }
}
