package io.offboard.client;

import io.offboard.gateway.GatewayException;
import io.offboard.graph.Graph;
import io.offboard.wire.accelerator.BindReply;
import java.util.Collection;
import java.util.Map;

/** Where graphs are bound. */
public final class Bindings {
  private Bindings() {}

  /**
   * Binds a graph on the accelerator; in pieces where the worker says so.
   *
   * @param arrays every argument and auxiliary state
   * @param versions a number for each that changes whenever its content does
   * @param fed names that the program feeds; the others may become constants
   * @param settled whether the arrays hold the program's values already, rather than zeros to be overwritten
   */
  public static Backend accelerator(
      Graph graph, Map<String, Tensor> arrays, Map<String, Long> versions, Collection<String> fed, boolean settled) {
    return accelerator(graph, arrays, versions, fed, settled, 0);
  }

  static Backend accelerator(Graph graph, Map<String, Tensor> arrays, Map<String, Long> versions, Collection<String> fed,
      boolean settled, int instanceNodes) {
    try {
      return new RemoteBackend(graph, arrays, versions, fed, settled, instanceNodes);
    } catch (RemoteBackend.InPieces pieces) {
      BindReply reply = pieces.reply();
      if (reply.getInstanceCount() > 0) {
        return new GatewayBackend(graph, "eia", arrays, versions, fed, settled);
      }
      return new PiecewiseBackend(Partition.cut(graph, reply.getCutAfterList()), arrays, versions, fed, settled);
    }
  }

  /**
   * Binds a graph in the instance's Python.
   *
   * @throws GatewayException there is none
   */
  public static Backend instance(
      Graph graph, Map<String, Tensor> arrays, Map<String, Long> versions, Collection<String> fed, boolean settled) {
    return new GatewayBackend(graph, "cpu", arrays, versions, fed, settled);
  }
}
