package io.offboard.gateway;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The instance's Python, as one JVM sees it. It is found by {@code OFFBOARD_GATEWAY} ({@code HOST:PORT:TOKEN-FILE}) or started with
 * {@code OFFBOARD_PYTHON} when it is first needed, and started again if it was killed. All methods may be called from many threads.
 */
public final class Gateway {
  private static final Gateway INSTANCE = new Gateway(System.getenv("OFFBOARD_GATEWAY"));

  private final String address;
  private Connection connection;

  /** Asks the gateway at an address, or with null or "" one of its own. */
  Gateway(String address) {
    this.address = address == null ? "" : address;
  }

  public static Gateway instance() {
    return INSTANCE;
  }

  /** The connection, opened now if there is none or its process ended. */
  synchronized Connection connection() {
    if (connection == null || connection.isLost()) {
      if (connection != null) {
        connection.close();
      }
      connection = Connection.open(address.isEmpty() ? GatewayProcess.start() : Address.read(address));
    }
    return connection;
  }

  /** Does work that leaves nothing behind; once again on a new process if the old one ended meanwhile. */
  <T> T stateless(Function<Connection, T> work) {
    try {
      return work.apply(connection());
    } catch (GatewayLostException lost) {
      try {
        return work.apply(connection());
      } catch (GatewayLostException again) {
        throw new GatewayException("The instance's Python ended twice during a call", again);
      }
    }
  }

  /**
   * Runs one operator on arrays.
   *
   * @param operator MXNet's name, or {@code _cvimdecode}, {@code _cvimread}, {@code _cvimresize}, {@code _cvcopyMakeBorder}
   * @param inputs those that the operator has with these parameters, in its order
   * @param parameters as MXNet writes them
   * @return its visible outputs
   */
  public List<Tensor> invoke(String operator, List<Tensor> inputs, Map<String, String> parameters, boolean isTrain) {
    JsonObject request = new JsonObject();
    request.addProperty("operator", operator);
    request.addProperty("is_train", isTrain);
    JsonObject attrs = new JsonObject();
    parameters.forEach(attrs::addProperty);
    request.add("attrs", attrs);
    return stateless(to -> {
      Region region = to.regions().borrow(Region.sizeOf(inputs));
      try {
        request.add("inputs", region.put(inputs));
        return results(to, "invoke", request, region);
      } finally {
        to.regions().giveBack(region);
      }
    });
  }

  /** Makes a call whose outputs come through a region, or through a larger one if they do not fit. */
  static List<Tensor> results(Connection to, String name, JsonObject request, Region region) {
    request.addProperty("region", region.id());
    JsonObject reply = to.call(name, request);
    if (!reply.has("waiting")) {
      return region.take(reply.getAsJsonArray("outputs"));
    }
    Region larger = to.regions().borrow(reply.get("needed").getAsLong());
    try {
      JsonObject fetch = new JsonObject();
      fetch.add("waiting", reply.get("waiting"));
      fetch.addProperty("region", larger.id());
      return larger.take(to.call("fetch", fetch).getAsJsonArray("outputs"));
    } finally {
      to.regions().giveBack(larger);
    }
  }

  /**
   * Binds a graph over arrays.
   *
   * @param graph symbol JSON
   * @param context {@code cpu}, or {@code eia} for a graph with parts that the accelerator leaves to the instance
   * @param arrays every argument and auxiliary state by name
   * @param inputs names that the program feeds; the others may become constants
   * @param settled whether the arrays hold the program's values already
   */
  public GatewayExecutor bind(String graph, String context, Map<String, Tensor> arrays, Collection<String> inputs, boolean settled) {
    return new GatewayExecutor(this, graph, context, arrays, inputs, settled);
  }

  /** Shapes of a graph from those of some variables and, where they matter, their dtypes. */
  public Inferred<long[]> inferShapes(String graph, Map<String, long[]> known, Map<String, String> dtypes) {
    JsonObject shapes = new JsonObject();
    known.forEach((name, shape) -> {
      JsonArray dimensions = new JsonArray();
      for (long dimension : shape) {
        dimensions.add(dimension);
      }
      shapes.add(name, dimensions);
    });
    JsonObject types = new JsonObject();
    dtypes.forEach(types::addProperty);
    JsonObject request = new JsonObject();
    request.addProperty("graph", graph);
    request.add("known", shapes);
    request.add("types", types);
    return inferred(stateless(to -> to.call("infer_shapes", request)), Gateway::shape);
  }

  /** Dtypes of a graph from those of some variables. */
  public Inferred<String> inferTypes(String graph, Map<String, String> known) {
    JsonObject types = new JsonObject();
    known.forEach(types::addProperty);
    JsonObject request = new JsonObject();
    request.addProperty("graph", graph);
    request.add("known", types);
    return inferred(stateless(to -> to.call("infer_types", request)), JsonElement::getAsString);
  }

  /** Starts the stream of random numbers again. */
  public void seed(long seed) {
    JsonObject request = new JsonObject();
    request.addProperty("seed", seed);
    stateless(to -> to.call("seed", request));
  }

  private static <T> Inferred<T> inferred(JsonObject reply, Function<JsonElement, T> convert) {
    return new Inferred<>(list(reply, "arguments", convert), list(reply, "auxiliary", convert), list(reply, "outputs", convert),
        reply.get("complete").getAsBoolean());
  }

  private static <T> List<T> list(JsonObject reply, String key, Function<JsonElement, T> convert) {
    List<T> found = new ArrayList<>();
    reply.getAsJsonArray(key).forEach(each -> found.add(each.isJsonNull() ? null : convert.apply(each)));
    return found;
  }

  private static long[] shape(JsonElement element) {
    JsonArray dimensions = element.getAsJsonArray();
    long[] shape = new long[dimensions.size()];
    for (int axis = 0; axis < shape.length; axis++) {
      shape[axis] = dimensions.get(axis).getAsLong();
    }
    return shape;
  }
}
