package io.offboard.client;

import io.offboard.gateway.Gateway;
import io.offboard.gateway.GatewayExecutor;
import io.offboard.graph.Graph;
import io.offboard.graph.SymbolJson;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A graph in the instance's Python: bound on the CPU, or with the parts that the accelerator leaves to the instance. */
final class GatewayBackend implements Backend {
  private final GatewayExecutor executor;
  private Map<String, Long> sent;

  GatewayBackend(Graph graph, String context, Map<String, Tensor> arrays, Map<String, Long> versions, Collection<String> fed,
      boolean settled) {
    executor = Gateway.instance().bind(SymbolJson.dumps(graph), context, converted(arrays), fed, settled);
    sent = new HashMap<>(versions);
  }

  @Override
  public synchronized void forward(Map<String, Tensor> arrays, Map<String, Long> versions, boolean isTrain, Receiver receiver) {
    Set<String> changed = new HashSet<>();
    versions.forEach((name, version) -> {
      if (!version.equals(sent.get(name))) {
        changed.add(name);
      }
    });
    List<io.offboard.gateway.Tensor> outputs = executor.forward(converted(arrays), changed, isTrain);
    sent = new HashMap<>(versions);
    for (int i = 0; i < outputs.size(); i++) {
      io.offboard.gateway.Tensor each = outputs.get(i);
      receiver.take(i, Dtype.ofNumpyName(each.dtype()), each.shape(), each.data());
    }
  }

  @Override
  public void close() {
    executor.close();
  }

  private static Map<String, io.offboard.gateway.Tensor> converted(Map<String, Tensor> arrays) {
    Map<String, io.offboard.gateway.Tensor> made = new LinkedHashMap<>();
    arrays.forEach((name, array) -> made.put(
        name, new io.offboard.gateway.Tensor(array.dtype().numpyName(), array.shape(), array.data())));
    return made;
  }
}
