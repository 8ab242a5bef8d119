package io.offboard.graph;

import io.offboard.operators.Facts;
import io.offboard.operators.OperatorTable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** A graph is its heads; everything else is reached from them. */
public final class Graph {
  private final List<Entry> heads;

  public Graph(List<Entry> heads) {
    this.heads = List.copyOf(heads);
  }

  public List<Entry> heads() {
    return heads;
  }

  /** All nodes, depth first from the heads, inputs left to right, each after its inputs. */
  public List<Node> nodes() {
    List<Node> order = new ArrayList<>();
    Set<Node> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Map<Node, Integer> position = new IdentityHashMap<>();
    Deque<Node> stack = new ArrayDeque<>();
    for (Entry head : heads) {
      stack.push(head.node());
      while (!stack.isEmpty()) {
        Node node = stack.peek();
        int at = position.merge(node, 1, Integer::sum) - 1;
        if (seen.contains(node)) {
          stack.pop();
        } else if (at < node.inputs().size()) {
          Node child = node.inputs().get(at).node();
          if (!seen.contains(child)) {
            stack.push(child);
          }
        } else {
          stack.pop();
          seen.add(node);
          order.add(node);
        }
      }
    }
    return order;
  }

  /** Every visible output of every node, in the order of the nodes. */
  public List<Entry> internals() {
    List<Entry> entries = new ArrayList<>();
    for (Node node : nodes()) {
      int outputs = 1;
      if (!node.isVariable()) {
        Facts facts = OperatorTable.find(node.operator());
        outputs = facts.outputNames(facts.parse(node.attributes())).size();
      }
      for (int index = 0; index < outputs; index++) {
        entries.add(new Entry(node, index));
      }
    }
    return entries;
  }

  /** Names of the variables that are no auxiliary states; they may repeat. */
  public List<String> argumentNames() {
    Set<Node> auxiliary = auxiliaryNodes();
    return variableNames(node -> !auxiliary.contains(node));
  }

  /** Names of the auxiliary states. */
  public List<String> auxiliaryNames() {
    Set<Node> auxiliary = auxiliaryNodes();
    return variableNames(auxiliary::contains);
  }

  /** Names of the heads. */
  public List<String> outputNames() {
    List<String> names = new ArrayList<>();
    heads.forEach(head -> names.add(outputName(head)));
    return names;
  }

  /** The name of one output: a variable's own, else the node's with the output's behind it. */
  public static String outputName(Entry entry) {
    Node node = entry.node();
    if (node.isVariable()) {
      return node.name();
    }
    Facts facts = OperatorTable.find(node.operator());
    List<String> outputs = facts.outputNames(facts.parse(node.attributes()));
    int index = entry.index();
    return node.name() + "_" + (index < outputs.size() ? outputs.get(index) : "output" + index);
  }

  /** The variables that feed nothing but inputs which hold what was learned. */
  Set<String> parameterNames() {
    Set<String> learned = new HashSet<>();
    Set<String> other = new HashSet<>();
    heads.stream().filter(head -> head.node().isVariable()).forEach(head -> other.add(head.node().name()));
    for (Node node : nodes()) {
      if (!node.isVariable()) {
        Facts facts = OperatorTable.find(node.operator());
        List<String> slots = facts.inputNames(facts.parse(node.attributes()));
        for (int i = 0; i < node.inputs().size(); i++) {
          Node source = node.inputs().get(i).node();
          if (source.isVariable()) {
            (i < slots.size() && Constants.LEARNED.contains(slots.get(i)) ? learned : other).add(source.name());
          }
        }
      }
    }
    learned.removeAll(other);
    return learned;
  }

  private List<String> variableNames(Predicate<Node> wanted) {
    List<String> names = new ArrayList<>();
    nodes().stream().filter(node -> node.isVariable() && wanted.test(node)).forEach(node -> names.add(node.name()));
    return names;
  }

  private Set<Node> auxiliaryNodes() {
    Set<Node> found = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Node node : nodes()) {
      if (!node.isVariable()) {
        Facts facts = OperatorTable.find(node.operator());
        List<String> auxiliary = facts.auxiliaryNames();
        if (!auxiliary.isEmpty()) {
          List<String> names = facts.inputNames(facts.parse(node.attributes()));
          for (int i = 0; i < Math.min(names.size(), node.inputs().size()); i++) {
            Node source = node.inputs().get(i).node();
            if (auxiliary.contains(names.get(i)) && source.isVariable()) {
              found.add(source);
            }
          }
        }
      }
    }
    return found;
  }
}
