package io.offboard.client;

import io.offboard.graph.Entry;
import io.offboard.graph.Graph;
import io.offboard.graph.Node;
import io.offboard.wire.accelerator.Placement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A graph cut behind nodes whose outputs' sizes depend on the data, into pieces that run one after the other. */
final class Partition {
  /** Part of a graph. What it needs of earlier pieces are variables, named as what they make. */
  static final class Piece {
    final Graph graph;
    final List<String> outputs;
    /** Names of its variables that earlier pieces make. */
    final Set<String> received;

    Piece(Graph graph, List<String> outputs, Set<String> received) {
      this.graph = graph;
      this.outputs = outputs;
      this.received = received;
    }

    /** Of everything that has a name, what this piece needs. */
    <T> Map<String, T> own(Map<String, T> known) {
      Map<String, T> found = new LinkedHashMap<>();
      graph.nodes().stream().filter(Node::isVariable).forEach(node -> found.put(node.name(), known.get(node.name())));
      return found;
    }
  }

  final List<Piece> pieces;
  /** Names of the whole graph's outputs. */
  final List<String> heads;

  private Partition(List<Piece> pieces, List<String> heads) {
    this.pieces = pieces;
    this.heads = heads;
  }

  /** Cuts behind nodes, given by their index; everything between is kept together. */
  static Partition cut(Graph graph, List<Placement> after) {
    List<Node> nodes = graph.nodes();
    Set<Node> last = Collections.newSetFromMap(new IdentityHashMap<>());
    after.forEach(each -> last.add(nodes.get(each.getNode())));
    Map<Node, Integer> stages = new IdentityHashMap<>();
    Map<Integer, List<Node>> groups = new TreeMap<>();
    for (Node node : nodes) {
      if (!node.isVariable()) {
        int stage = 0;
        for (Entry input : node.inputs()) {
          if (!input.node().isVariable()) {
            stage = Math.max(stage, stages.get(input.node()) + (last.contains(input.node()) ? 1 : 0));
          }
        }
        stages.put(node, stage);
        groups.computeIfAbsent(stage, key -> new ArrayList<>()).add(node);
      }
    }
    Edges edges = new Edges(nodes);
    for (Node node : nodes) {
      node.inputs().stream().filter(each -> !each.node().isVariable() && !stages.get(each.node()).equals(stages.get(node)))
          .forEach(edges::name);
    }
    List<String> heads = new ArrayList<>();
    graph.heads().forEach(head -> heads.add(head.node().isVariable() ? head.node().name() : edges.name(head)));
    List<Piece> pieces = new ArrayList<>();
    groups.values().forEach(members -> pieces.add(piece(members, edges)));
    return new Partition(pieces, heads);
  }

  private static Piece piece(List<Node> members, Edges edges) {
    Set<Node> inside = Collections.newSetFromMap(new IdentityHashMap<>());
    inside.addAll(members);
    Map<Node, Node> made = new IdentityHashMap<>();
    Map<String, Node> received = new LinkedHashMap<>();
    for (Node node : members) {
      Node copy = new Node(node.operator(), node.name(), node.attributes(), node.subgraphs());
      for (Entry input : node.inputs()) {
        Node source = input.node();
        if (source.isVariable()) {
          copy.inputs().add(new Entry(made.computeIfAbsent(source, each -> Node.variable(each.name(), each.attributes())), 0));
        } else if (inside.contains(source)) {
          copy.inputs().add(new Entry(made.get(source), input.index()));
        } else {
          Node stand = received.computeIfAbsent(edges.name(input), name -> Node.variable(name, Map.of()));
          copy.inputs().add(new Entry(stand, 0));
        }
      }
      made.put(node, copy);
    }
    List<Entry> heads = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    edges.of(inside).forEach((entry, name) -> {
      heads.add(new Entry(made.get(entry.node()), entry.index()));
      outputs.add(name);
    });
    return new Piece(new Graph(heads), outputs, new LinkedHashSet<>(received.keySet()));
  }

  /** Names for the edges between pieces, which no variable has. */
  private static final class Edges {
    private final Set<String> taken = new HashSet<>();
    private final Map<Node, Map<Integer, String>> names = new IdentityHashMap<>();
    private final List<Entry> order = new ArrayList<>();

    Edges(List<Node> nodes) {
      nodes.stream().filter(Node::isVariable).forEach(node -> taken.add(node.name()));
    }

    String name(Entry entry) {
      return names.computeIfAbsent(entry.node(), node -> new HashMap<>()).computeIfAbsent(entry.index(), index -> {
        String name = Graph.outputName(entry);
        while (!taken.add(name)) {
          name += "_";
        }
        order.add(entry);
        return name;
      });
    }

    Map<Entry, String> of(Set<Node> inside) {
      Map<Entry, String> found = new LinkedHashMap<>();
      order.stream().filter(entry -> inside.contains(entry.node())).forEach(entry -> found.put(entry, name(entry)));
      return found;
    }
  }
}
