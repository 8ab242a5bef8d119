package io.offboard.client;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.offboard.gateway.Gateway;
import io.offboard.gateway.GatewayException;
import io.offboard.graph.Graph;
import io.offboard.graph.SymbolJson;
import io.offboard.operators.OperatorTable;
import io.offboard.rules.Rules;
import io.offboard.wire.accelerator.AcceleratorServiceGrpc;
import io.offboard.wire.accelerator.Argument;
import io.offboard.wire.accelerator.GraphFormat;
import io.offboard.wire.accelerator.InferReply;
import io.offboard.wire.accelerator.InferRequest;
import io.offboard.wire.accelerator.TensorDescription;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Shapes and types of a graph: asked of the worker, attached or not, else of the instance's Python; answers are kept by graph,
 * shapes, types and operator table. Asking never attaches.
 */
public final class Inference {
  private static final int KEPT = 256;
  private static final Map<String, Inference> ANSWERS = Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
    private static final long serialVersionUID = 1L;

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Inference> eldest) {
      return size() > KEPT;
    }
  });

  private final Found arguments;
  private final Found auxiliary;
  private final Found outputs;
  private final boolean complete;

  private Inference(Found arguments, Found auxiliary, Found outputs, boolean complete) {
    this.arguments = arguments;
    this.auxiliary = auxiliary;
    this.outputs = outputs;
    this.complete = complete;
  }

  /** What is known of variables or outputs, in the order of the graph's lists. */
  public static final class Found {
    private final List<long[]> shapes = new ArrayList<>();
    private final List<Dtype> dtypes = new ArrayList<>();

    private void add(long[] shape, Dtype dtype) {
      shapes.add(shape);
      dtypes.add(dtype);
    }

    /** Null where unknown; a dimension of 0 is unknown, one of -1 depends on the data. */
    public List<long[]> shapes() {
      return Collections.unmodifiableList(shapes);
    }

    /** Null where unknown. */
    public List<Dtype> dtypes() {
      return Collections.unmodifiableList(dtypes);
    }
  }

  public Found arguments() {
    return arguments;
  }

  public Found auxiliary() {
    return auxiliary;
  }

  public Found outputs() {
    return outputs;
  }

  /** Whether every shape is known. */
  public boolean isComplete() {
    return complete;
  }

  /**
   * Infers in both directions from what is known of some variables.
   *
   * @throws OffboardException where MXNet refuses, or nobody can be asked
   */
  public static Inference of(Graph graph, Map<String, long[]> shapes, Map<String, Dtype> dtypes) {
    String json = SymbolJson.dumps(graph);
    StringBuilder key = new StringBuilder(OperatorTable.digest());
    new TreeMap<>(shapes).forEach((name, shape) -> key.append('|').append(name).append(Arrays.toString(shape)));
    new TreeMap<>(dtypes).forEach((name, dtype) -> key.append('|').append(name).append(dtype));
    String question = key.append('|').append(json).toString();
    Inference known = ANSWERS.get(question);
    if (known == null) {
      known = ask(json, graph, shapes, dtypes);
      ANSWERS.put(question, known);
    }
    return known;
  }

  private static Inference ask(String json, Graph graph, Map<String, long[]> shapes, Map<String, Dtype> dtypes) {
    InferRequest request = request(json, shapes, dtypes);
    Connection attached = Connection.existing();
    try {
      return attached != null ? read(infer(attached.channel(), request), graph) : read(inferUnattached(request), graph);
    } catch (AcceleratorException nobody) {
      boolean reached = !(nobody instanceof NoAcceleratorException || nobody instanceof AcceleratorUnavailableException);
      if (reached) {
        throw nobody;
      }
      try {
        return askGateway(json, shapes, dtypes);
      } catch (GatewayException neither) {
        neither.addSuppressed(nobody);
        throw new OffboardException("Shapes are inferred by the accelerator or by the instance's Python; " + neither.getMessage(), neither);
      }
    }
  }

  private static InferReply infer(Channel to, InferRequest request) {
    try {
      CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(Rules.limit("call_seconds"), TimeUnit.SECONDS);
      return ClientCalls.blockingUnaryCall(to, AcceleratorServiceGrpc.getInferMethod(), options, request);
    } catch (StatusRuntimeException failure) {
      throw Faults.errorOf(failure, "inferring shapes");
    }
  }

  private static InferReply inferUnattached(InferRequest request) {
    Endpoint endpoint = Endpoint.resolveWorker();
    ManagedChannel channel = Targets.open(endpoint, endpoint.target);
    try {
      return infer(Connection.identified(channel, endpoint), request);
    } finally {
      channel.shutdownNow();
    }
  }

  private static InferRequest request(String json, Map<String, long[]> shapes, Map<String, Dtype> dtypes) {
    Map<String, Argument.Builder> known = new HashMap<>();
    shapes.forEach((name, shape) -> {
      Argument.Builder argument = known.computeIfAbsent(name, each -> Argument.newBuilder().setName(each));
      for (long dimension : shape) {
        argument.addShape(dimension);
      }
    });
    dtypes.forEach((name, dtype) ->
        known.computeIfAbsent(name, each -> Argument.newBuilder().setName(each)).setDatatype(dtype.datatype()));
    InferRequest.Builder request =
        InferRequest.newBuilder().setGraph(ByteString.copyFromUtf8(json)).setFormat(GraphFormat.MXNET_SYMBOL_JSON);
    known.values().forEach(request::addKnown);
    return request.build();
  }

  private static Inference read(InferReply reply, Graph graph) {
    return new Inference(ordered(reply.getArgumentsList(), graph.argumentNames()),
        ordered(reply.getAuxiliaryStatesList(), graph.auxiliaryNames()), found(reply.getOutputsList()), reply.getComplete());
  }

  private static Found ordered(List<TensorDescription> described, List<String> names) {
    Map<String, TensorDescription> byName = new HashMap<>();
    described.forEach(each -> byName.put(each.getName(), each));
    List<TensorDescription> ordered = new ArrayList<>();
    names.forEach(name -> ordered.add(byName.getOrDefault(name, TensorDescription.getDefaultInstance())));
    return found(ordered);
  }

  private static Found found(List<TensorDescription> described) {
    Found found = new Found();
    for (TensorDescription each : described) {
      long[] shape = each.getShapeList().stream().mapToLong(Long::longValue).toArray();
      found.add(shape.length == 0 ? null : shape, each.getDatatype().isEmpty() ? null : Dtype.ofDatatype(each.getDatatype()));
    }
    return found;
  }

  private static Inference askGateway(String json, Map<String, long[]> shapes, Map<String, Dtype> dtypes) {
    Map<String, String> types = new HashMap<>();
    dtypes.forEach((name, dtype) -> types.put(name, dtype.numpyName()));
    io.offboard.gateway.Inferred<long[]> sizes = Gateway.instance().inferShapes(json, shapes, types);
    io.offboard.gateway.Inferred<String> kinds = Gateway.instance().inferTypes(json, types);
    return new Inference(joined(sizes.arguments(), kinds.arguments()), joined(sizes.auxiliary(), kinds.auxiliary()),
        joined(sizes.outputs(), kinds.outputs()), sizes.isComplete());
  }

  private static Found joined(List<long[]> shapes, List<String> dtypes) {
    Found found = new Found();
    for (int i = 0; i < shapes.size(); i++) {
      found.add(shapes.get(i), dtypes.get(i) == null ? null : Dtype.ofNumpyName(dtypes.get(i)));
    }
    return found;
  }
}
