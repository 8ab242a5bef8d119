package io.offboard.graph;

import io.offboard.operators.Facts;
import io.offboard.operators.OperatorTable;
import io.offboard.rules.Rules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What MXNet does to graphs of older versions when it loads them. */
final class Upgrade {
  private Upgrade() {}

  /** Applies every pass that files older than a version (10901, or 800 when absent) need. */
  static void apply(List<Node> nodes, int version) {
    for (Node node : nodes) {
      if (version < 10901) {
        hideKeys(node);
      }
    }
    for (Node node : nodes) {
      if (version < 900) {
        addMissingInputs(node);
      }
    }
    for (Node node : nodes) {
      if (version < 904) {
        setInitializers(node);
      }
      // Before 0.9.5 an axis of -1 meant the flattened array.
      if (version < 905 && ("argmax".equals(node.operator()) || "argmin".equals(node.operator()))) {
        node.attributes().remove("axis", "-1");
      }
    }
  }

  /** Hidden keys get their underscores; {@code weight_lr_mult} moves to the variable that feeds {@code weight}. */
  private static void hideKeys(Node node) {
    for (String key : new ArrayList<>(node.attributes().keySet())) {
      for (String hidden : Rules.graphs().hiddenKeys()) {
        if (key.equals(hidden)) {
          node.attributes().put("__" + hidden + "__", node.attributes().remove(key));
        } else if (!node.isVariable() && key.endsWith("_" + hidden)) {
          Node feeding = feeding(node, key.substring(0, key.length() - hidden.length() - 1));
          if (feeding != null) {
            feeding.attributes().put("__" + hidden + "__", node.attributes().remove(key));
          }
        }
      }
    }
  }

  /** The variable behind an operator's input, or null. */
  private static Node feeding(Node node, String name) {
    Facts facts = OperatorTable.find(node.operator());
    Map<String, String> visible = new HashMap<>(node.attributes());
    visible.keySet().removeIf(key -> !facts.hasParameter(key));
    int index = facts.inputNames(facts.parse(visible)).indexOf(name);
    if (index < 0 || index >= node.inputs().size()) {
      return null;
    }
    Node source = node.inputs().get(index).node();
    return source.isVariable() ? source : null;
  }

  /** Before 0.9.0 auxiliary states were not written down: the missing tail becomes variables. */
  private static void addMissingInputs(Node node) {
    if (node.isVariable()) {
      return;
    }
    Facts facts = OperatorTable.find(node.operator());
    if (facts.variadic() == null && !facts.isProgramDefined()) {
      List<String> names = facts.inputNames(facts.parse(node.attributes()));
      for (String name : names.subList(Math.min(node.inputs().size(), names.size()), names.size())) {
        node.inputs().add(new Entry(Node.variable(node.name() + "_" + name, node.attributes()), 0));
      }
    }
  }

  /** Gives the variables that feed a node the initialisers that its operator asks for, where they have none. */
  static void setInitializers(Node node) {
    Map<String, String> wanted = Rules.graphs().initializers().get(node.operator());
    if (wanted == null) {
      return;
    }
    Facts facts = OperatorTable.find(node.operator());
    List<String> names = facts.inputNames(facts.parse(node.attributes()));
    for (int i = 0; i < Math.min(names.size(), node.inputs().size()); i++) {
      Node source = node.inputs().get(i).node();
      if (wanted.containsKey(names.get(i)) && source.isVariable()) {
        source.attributes().putIfAbsent("__init__", wanted.get(names.get(i)));
      }
    }
  }
}
