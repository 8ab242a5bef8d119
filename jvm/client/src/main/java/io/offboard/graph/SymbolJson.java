package io.offboard.graph;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.offboard.client.OffboardException;
import io.offboard.operators.Facts;
import io.offboard.operators.OperatorTable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Symbol JSON of every MXNet version since 0.8, read and upgraded; written as 1.9.1 does. */
public final class SymbolJson {
  /** What files of MXNet 1.9.1 carry: major * 10000 + minor * 100 + patch. */
  static final int VERSION = 10901;

  private static final int NAMELESS_VERSION = 800;
  private static final int DEPTH = 64;
  private static final Set<String> TOP = Set.of("nodes", "arg_nodes", "heads", "node_row_ptr", "attrs");
  private static final Set<String> NODE =
      Set.of("op", "name", "inputs", "attrs", "attr", "param", "control_deps", "subgraphs", "backward_source_id");
  private static final Gson WRITER = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

  private SymbolJson() {}

  /** The graph in a JSON document; throws when it is not one. */
  public static Graph loads(String text) {
    JsonElement document;
    try {
      document = JsonParser.parseString(text);
    } catch (JsonParseException | StackOverflowError error) {
      throw new OffboardException("Symbol JSON cannot be parsed: " + error.getMessage(), error);
    }
    try {
      return graph(document, 0);
    } catch (IllegalStateException | UnsupportedOperationException | NumberFormatException | NullPointerException
        | ClassCastException | IndexOutOfBoundsException error) {
      throw new OffboardException("Symbol JSON is malformed: " + error.getMessage(), error);
    }
  }

  private static Graph graph(JsonElement element, int depth) {
    if (depth > DEPTH) {
      throw new OffboardException("Symbol JSON nests graphs too deeply");
    }
    if (!element.isJsonObject() || !element.getAsJsonObject().keySet().containsAll(List.of("nodes", "arg_nodes", "heads"))) {
      throw new OffboardException("Symbol JSON needs nodes, arg_nodes and heads");
    }
    JsonObject document = element.getAsJsonObject();
    refuseUnknown(document, TOP, "Symbol JSON has unknown keys: ");
    List<Node> nodes = new ArrayList<>();
    JsonArray written = document.getAsJsonArray("nodes");
    written.forEach(each -> nodes.add(node(each.getAsJsonObject(), depth)));
    for (int i = 0; i < nodes.size(); i++) {
      for (JsonElement reference : written.get(i).getAsJsonObject().getAsJsonArray("inputs")) {
        nodes.get(i).inputs().add(entry(nodes, reference));
      }
    }
    for (JsonElement each : document.getAsJsonArray("arg_nodes")) {
      if (!nodes.get(index(nodes, each)).isVariable()) {
        throw new OffboardException("Symbol JSON: arg_nodes names node " + each + ", which is not a variable");
      }
    }
    refuseCycles(nodes);
    List<Entry> heads = new ArrayList<>();
    document.getAsJsonArray("heads").forEach(each -> heads.add(entry(nodes, each)));
    if (depth == 0) {
      Upgrade.apply(nodes, version(document));
    }
    nodes.forEach(SymbolJson::check);
    List<Entry> edges = new ArrayList<>(heads);
    nodes.forEach(node -> edges.addAll(node.inputs()));
    edges.forEach(SymbolJson::checkOutput);
    return new Graph(heads);
  }

  private static int version(JsonObject document) {
    if (!document.has("attrs") || !document.getAsJsonObject("attrs").has("mxnet_version")) {
      return NAMELESS_VERSION;
    }
    return document.getAsJsonObject("attrs").getAsJsonArray("mxnet_version").get(1).getAsInt();
  }

  private static void refuseUnknown(JsonObject object, Set<String> known, String text) {
    Set<String> unknown = new java.util.TreeSet<>(object.keySet());
    unknown.removeAll(known);
    if (!unknown.isEmpty()) {
      throw new OffboardException(text + String.join(", ", unknown));
    }
  }

  private static Node node(JsonObject entry, int depth) {
    refuseUnknown(entry, NODE, "Symbol JSON: a node has unknown keys: ");
    String name = text(entry.get("name"), "op and name are strings");
    String operator = text(entry.get("op"), "op and name are strings");
    Map<String, String> attributes = new LinkedHashMap<>();
    String last = null;
    for (String key : entry.keySet()) {
      last = key.equals("attrs") || key.equals("attr") ? key : last;
    }
    for (String key : new String[] {entry.has("param") ? "param" : null, last}) {
      // Of attrs and attr the one read last replaces the other.
      if (key != null) {
        entry.getAsJsonObject(key).entrySet().forEach(
            each -> attributes.put(each.getKey(), text(each.getValue(), "an attribute of node " + name + " is not a string")));
      }
    }
    String canonical = null;
    if (!operator.equals("null")) {
      Facts facts = OperatorTable.resolve(operator);
      if (facts == null) {
        throw new OffboardException(
            "Failed loading Op " + name + " of type " + operator + ": Cannot find Operator " + operator + " in registry");
      }
      canonical = facts.name();
    }
    List<Graph> subgraphs = new ArrayList<>();
    if (entry.has("subgraphs")) {
      entry.getAsJsonArray("subgraphs").forEach(each -> subgraphs.add(graph(each, depth + 1)));
    }
    return new Node(canonical, name, attributes, subgraphs);
  }

  private static String text(JsonElement element, String otherwise) {
    if (element == null || !element.isJsonPrimitive() || !element.getAsJsonPrimitive().isString()) {
      throw new OffboardException("Symbol JSON: " + otherwise);
    }
    return element.getAsString();
  }

  private static int index(List<Node> nodes, JsonElement element) {
    int index = element.getAsInt();
    if (index < 0 || index >= nodes.size() || element.getAsDouble() != index) {
      throw new OffboardException("Symbol JSON names node " + element + ", there are " + nodes.size());
    }
    return index;
  }

  private static Entry entry(List<Node> nodes, JsonElement reference) {
    boolean pair = reference.isJsonArray() && (reference.getAsJsonArray().size() == 2 || reference.getAsJsonArray().size() == 3);
    if (!pair || reference.getAsJsonArray().get(1).getAsInt() < 0 || reference.getAsJsonArray().get(1).getAsInt() >= 1 << 16) {
      throw new OffboardException("Symbol JSON: " + reference + " is not a reference to an output");
    }
    JsonArray parts = reference.getAsJsonArray();
    return new Entry(nodes.get(index(nodes, parts.get(0))), parts.get(1).getAsInt());
  }

  /** Files may refer forward, so a cycle can be written down; every walk would hang on it. */
  private static void refuseCycles(List<Node> nodes) {
    Map<Node, Integer> position = new IdentityHashMap<>();
    for (Node root : nodes) {
      Deque<Node> stack = new ArrayDeque<>();
      if (!position.containsKey(root)) {
        stack.push(root);
        position.put(root, 0);
      }
      while (!stack.isEmpty()) {
        Node node = stack.peek();
        int at = position.get(node);
        if (at == node.inputs().size()) {
          position.put(node, Integer.MAX_VALUE);
          stack.pop();
          continue;
        }
        position.put(node, at + 1);
        Node child = node.inputs().get(at).node();
        Integer known = position.get(child);
        if (known == null) {
          position.put(child, 0);
          stack.push(child);
        } else if (known != Integer.MAX_VALUE) {
          throw new OffboardException("Symbol JSON: node " + child.name() + " depends on itself");
        }
      }
    }
  }

  /** A node's attributes parse, and it has the inputs that they ask for (or lacks trailing ones, as old files do). */
  private static void check(Node node) {
    if (!node.isVariable()) {
      Facts facts = OperatorTable.find(node.operator());
      Map<String, Object> values = facts.parse(node.attributes());
      if (!facts.hasSubgraphs() && !facts.isProgramDefined() && node.inputs().size() > facts.inputNames(values).size()) {
        throw new OffboardException("Symbol JSON: operator " + node.operator() + " of node " + node.name() + " has too many inputs");
      }
    }
  }

  private static void checkOutput(Entry entry) {
    Node node = entry.node();
    if (!node.isVariable()) {
      Facts facts = OperatorTable.find(node.operator());
      // Hidden outputs (BatchNorm's mean and variance, a mask) may be named as well.
      if (!facts.hasSubgraphs() && !facts.isProgramDefined()
          && entry.index() >= Math.max(facts.outputNames(facts.parse(node.attributes())).size(), 3)) {
        throw new OffboardException("Symbol JSON: node " + node.name() + " has no output " + entry.index());
      }
    }
  }

  /** The document as MXNet 1.9.1 writes it. */
  public static String dumps(Graph graph) {
    return WRITER.toJson(document(graph, true));
  }

  private static JsonObject document(Graph graph, boolean top) {
    List<Node> nodes = graph.nodes();
    Map<Node, Integer> index = new IdentityHashMap<>();
    JsonArray written = new JsonArray();
    JsonArray variables = new JsonArray();
    JsonArray row = new JsonArray();
    row.add(0);
    int outputs = 0;
    for (Node node : nodes) {
      index.put(node, index.size());
      JsonObject entry = new JsonObject();
      entry.addProperty("op", node.isVariable() ? "null" : node.operator());
      entry.addProperty("name", node.name());
      if (!node.attributes().isEmpty()) {
        JsonObject attrs = new JsonObject();
        new TreeMap<>(node.attributes()).forEach(attrs::addProperty);
        entry.add("attrs", attrs);
      }
      entry.add("inputs", references(node.inputs(), index));
      if (!node.subgraphs().isEmpty()) {
        JsonArray subgraphs = new JsonArray();
        node.subgraphs().forEach(each -> subgraphs.add(document(each, false)));
        entry.add("subgraphs", subgraphs);
      }
      written.add(entry);
      if (node.isVariable()) {
        variables.add(index.size() - 1);
        outputs += 1;
      } else {
        Facts facts = OperatorTable.find(node.operator());
        outputs += facts.isProgramDefined() ? 1 : Math.max(1, facts.outputNames(facts.parse(node.attributes())).size());
      }
      row.add(outputs);
    }
    JsonObject document = new JsonObject();
    document.add("nodes", written);
    document.add("arg_nodes", variables);
    document.add("node_row_ptr", row);
    document.add("heads", references(graph.heads(), index));
    if (top) {
      JsonArray version = new JsonArray();
      version.add("int");
      version.add(VERSION);
      JsonObject attrs = new JsonObject();
      attrs.add("mxnet_version", version);
      document.add("attrs", attrs);
    }
    return document;
  }

  private static JsonArray references(List<Entry> entries, Map<Node, Integer> index) {
    JsonArray all = new JsonArray();
    for (Entry entry : entries) {
      JsonArray reference = new JsonArray();
      reference.add(index.get(entry.node()));
      reference.add(entry.index());
      reference.add(0);
      all.add(reference);
    }
    return all;
  }
}
