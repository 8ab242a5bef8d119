package io.offboard.graph;

/** One output of a node. */
public final class Entry {
  private final Node node;
  private final int index;

  public Entry(Node node, int index) {
    this.node = node;
    this.index = index;
  }

  public Node node() {
    return node;
  }

  public int index() {
    return index;
  }
}
