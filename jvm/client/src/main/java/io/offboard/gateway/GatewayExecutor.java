package io.offboard.gateway;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A graph bound in the instance's Python. Its arrays lie in a region of its own, where only what changed is written before a
 * forward. If the process ended, or an array has another shape, the graph is bound again.
 */
public final class GatewayExecutor implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();

  private final Gateway gateway;
  private final String graph;
  private final String context;
  private final List<String> inputs;
  /** Dtype and shape of each array that was bound. */
  private final Map<String, String> forms = new HashMap<>();
  private final Map<String, Long> offsets = new HashMap<>();
  private final Bound bound = new Bound();
  private final Cleaner.Cleanable release = CLEANER.register(this, bound);
  private boolean closed;

  GatewayExecutor(Gateway gateway, String graph, String context, Map<String, Tensor> arrays, Collection<String> inputs, boolean settled) {
    this.gateway = gateway;
    this.graph = graph;
    this.context = context;
    this.inputs = List.copyOf(inputs);
    gateway.stateless(to -> {
      bind(to, arrays, settled);
      return null;
    });
  }

  /**
   * Runs the graph.
   *
   * @param arrays every argument and auxiliary state as it is now
   * @param changed names of those that were written since the last forward
   */
  public synchronized List<Tensor> forward(Map<String, Tensor> arrays, Set<String> changed, boolean isTrain) {
    if (closed) {
      throw new GatewayException("The executor was closed");
    }
    if (!bound.connection.isLost() && arrays.entrySet().stream().allMatch(each -> form(each.getValue()).equals(forms.get(each.getKey())))) {
      try {
        for (String name : changed) {
          bound.region.write(offsets.get(name), arrays.get(name));
        }
        return run(changed, isTrain);
      } catch (GatewayLostException lost) {
        // Bound again below, from the program's own arrays.
      }
    }
    return gateway.stateless(to -> {
      bind(to, arrays, true);
      return run(Set.of(), isTrain);
    });
  }

  private List<Tensor> run(Set<String> changed, boolean isTrain) {
    JsonArray names = new JsonArray();
    changed.forEach(names::add);
    JsonObject request = new JsonObject();
    request.addProperty("executor", bound.executor);
    request.addProperty("is_train", isTrain);
    request.add("changed", names);
    Regions regions = bound.connection.regions();
    Region outputs = regions.borrow(0);
    try {
      return Gateway.results(bound.connection, "forward", request, outputs);
    } finally {
      regions.giveBack(outputs);
    }
  }

  private void bind(Connection to, Map<String, Tensor> arrays, boolean settled) {
    bound.run();
    List<String> names = new ArrayList<>(arrays.keySet());
    List<Tensor> tensors = new ArrayList<>(arrays.values());
    bound.connection = to;
    bound.region = Region.open(to, Math.max(1, Region.sizeOf(tensors)));
    JsonArray described = bound.region.put(tensors);
    JsonObject byName = new JsonObject();
    for (int i = 0; i < names.size(); i++) {
      byName.add(names.get(i), described.get(i));
      offsets.put(names.get(i), described.get(i).getAsJsonObject().get("offset").getAsLong());
      forms.put(names.get(i), form(tensors.get(i)));
    }
    JsonArray fed = new JsonArray();
    inputs.forEach(fed::add);
    JsonObject request = new JsonObject();
    request.addProperty("graph", graph);
    request.addProperty("context", context);
    request.addProperty("region", bound.region.id());
    request.add("arrays", byName);
    request.add("inputs", fed);
    request.addProperty("settled", settled);
    try {
      bound.executor = to.call("bind", request).get("executor").getAsInt();
    } catch (RuntimeException error) {
      bound.run();
      throw error;
    }
  }

  private static String form(Tensor tensor) {
    return tensor.dtype() + Arrays.toString(tensor.shape());
  }

  @Override
  public synchronized void close() {
    closed = true;
    release.clean();
  }

  /** What the gateway holds for an executor; released when it is closed or collected. */
  private static final class Bound implements Runnable {
    private Connection connection;
    private Region region;
    private Integer executor;

    @Override
    public void run() {
      if (region == null) {
        return;
      }
      if (executor != null && !connection.isLost()) {
        JsonObject request = new JsonObject();
        request.addProperty("executor", executor);
        try {
          connection.call("release", request);
        } catch (GatewayLostException | GatewayException gone) {
          // It went with its process.
          connection = null;
        }
      }
      region.close();
      region = null;
      executor = null;
    }
  }
}
