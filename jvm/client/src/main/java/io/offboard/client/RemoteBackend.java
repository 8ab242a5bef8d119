package io.offboard.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.StatusRuntimeException;
import io.offboard.graph.Constants;
import io.offboard.graph.Graph;
import io.offboard.graph.SymbolJson;
import io.offboard.rules.Rules;
import io.offboard.wire.accelerator.AcceleratorServiceGrpc;
import io.offboard.wire.accelerator.Argument;
import io.offboard.wire.accelerator.BindReply;
import io.offboard.wire.accelerator.BindRequest;
import io.offboard.wire.accelerator.GraphFormat;
import io.offboard.wire.accelerator.ReleaseRequest;
import io.offboard.wire.accelerator.TensorDescription;
import io.offboard.wire.inference.InferParameter;
import io.offboard.wire.inference.ModelInferRequest;
import io.offboard.wire.inference.ModelInferResponse;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One graph on the accelerator, and what of its arrays the accelerator has.
 *
 * <p>Replaying is safe: after a lost connection or a restarted worker the graph is bound again from the program's own arrays,
 * within the call's deadline, and at most once after a worker's death.
 */
final class RemoteBackend implements Backend {
  private static final Logger LOG = LoggerFactory.getLogger("offboard");
  private static final Cleaner CLEANER = Cleaner.create();
  private static final String REGION = "shared_memory_region";
  private static final String OFFSET = "shared_memory_offset";
  private static final String SIZE = "shared_memory_byte_size";

  private final ByteBuffer graph;
  private final int instanceNodes;
  private final Held held = new Held();
  private final Cleaner.Cleanable cleanable;
  /** By name: the version that a digest is of. */
  private final Map<String, Long> digested = new HashMap<>();
  private final Map<String, ByteString> digests = new HashMap<>();
  private Set<String> constants;
  private Set<String> unsettled;
  private List<String> inputs = List.of();
  private Map<String, List<TensorDescription>> outputs = new HashMap<>();
  private boolean sized;
  private Map<String, Long> sent = new HashMap<>();
  private boolean shared;

  /** Binds. Unless settled the arrays are yet to be filled: weights travel with the first forward. */
  RemoteBackend(Graph graph, Map<String, Tensor> arrays, Map<String, Long> versions, Collection<String> fed, boolean settled,
      int instanceNodes) throws InPieces {
    this.graph = ByteBuffer.wrap(SymbolJson.dumps(graph).getBytes(StandardCharsets.UTF_8));
    this.instanceNodes = instanceNodes;
    Set<String> weights = Constants.choose(graph, arrays, fed);
    constants = settled ? weights : new HashSet<>();
    unsettled = settled ? new HashSet<>() : weights;
    cleanable = CLEANER.register(this, held);
    bind(Connection.current(), arrays, versions);
  }

  @Override
  public synchronized List<Tensor> forward(Map<String, Tensor> arrays, Map<String, Long> versions, boolean isTrain) {
    if (held.closed) {
      throw new OffboardException("The executor was disposed");
    }
    long until = System.nanoTime() + Connection.callNanos();
    try {
      settle(arrays, versions);
      if (constants.removeIf(name -> !versions.get(name).equals(digested.get(name)))) {
        // What a program writes to is no weight: from now on it is an input, and only it travels.
        bind(held.connection, arrays, versions);
      }
      return inferOrReplay(arrays, versions, until);
    } catch (InPieces pieces) {
      throw new IllegalStateException("a graph that was bound whole came back in pieces", pieces);
    }
  }

  private List<Tensor> inferOrReplay(Map<String, Tensor> arrays, Map<String, Long> versions, long until) throws InPieces {
    boolean replayed = false;
    while (true) {
      try {
        return infer(arrays, versions, until);
      } catch (StatusRuntimeException failure) {
        AcceleratorException error = Faults.errorOf(failure, "running a forward");
        if (!Faults.isLost(failure) || replayed || System.nanoTime() >= until) {
          throw error;
        }
        replayed = true;
        LOG.warn("The accelerator was lost during a forward; binding again and replaying: {}", error.getMessage());
        recover(arrays, versions, until);
      }
    }
  }

  /** Binds for good once the program has filled the arrays: what it filled are weights, not inputs. */
  private void settle(Map<String, Tensor> arrays, Map<String, Long> versions) throws InPieces {
    if (!unsettled.isEmpty()) {
      constants = unsettled;
      unsettled = new HashSet<>();
      // First, so that memory for both is never asked for.
      held.release();
      bind(held.connection, arrays, versions);
    }
  }

  private void bind(Connection to, Map<String, Tensor> arrays, Map<String, Long> versions) throws InPieces {
    Map<ByteString, ByteBuffer> blobs = new LinkedHashMap<>();
    for (String name : constants) {
      if (!versions.get(name).equals(digested.get(name))) {
        digested.put(name, versions.get(name));
        digests.put(name, Upload.digestOf(arrays.get(name).data()));
      }
      blobs.put(digests.get(name), arrays.get(name).data());
    }
    ByteString digest = Upload.digestOf(graph);
    blobs.put(digest, graph);
    BindRequest.Builder request =
        BindRequest.newBuilder().setGraph(digest).setFormat(GraphFormat.MXNET_SYMBOL_JSON).setInstanceNodes(instanceNodes);
    arrays.forEach((name, array) -> {
      Argument.Builder argument = request.addArgumentsBuilder().setName(name).setDatatype(array.dtype().datatype());
      for (long dimension : array.shape()) {
        argument.addShape(dimension);
      }
      argument.setDigest(constants.contains(name) ? digests.get(name) : ByteString.EMPTY);
    });
    BindReply reply = admitted(to, request.build(), blobs);
    if (reply.getInstanceCount() > 0 || reply.getCutAfterCount() > 0) {
      throw new InPieces(reply);
    }
    held.release();
    held.hold(to, reply.getExecutor());
    inputs = new ArrayList<>();
    reply.getInputsList().forEach(each -> inputs.add(each.getName()));
    // Outputs by the shapes of the inputs, as far as they are known: what is known has its place in shared memory.
    outputs = new HashMap<>();
    outputs.put(shapesOf(arrays), reply.getOutputsList());
    sized = reply.getOutputsList().stream().allMatch(each -> each.getShapeList().stream().allMatch(dimension -> dimension >= 0));
    sent = new HashMap<>();
    shared = to.isSameHost();
  }

  /** Binds, with the blobs that the store lacks sent only when the accelerator has room for them. */
  private static BindReply admitted(Connection to, BindRequest request, Map<ByteString, ByteBuffer> blobs) {
    long seconds = Rules.limit("bind_seconds");
    try {
      return to.call(AcceleratorServiceGrpc.getBindMethod(), request, "binding a graph", seconds);
    } catch (AcceleratorException error) {
      if (!(error.getCause() instanceof StatusRuntimeException) || !Faults.lacksBlobs((StatusRuntimeException) error.getCause())) {
        throw error;
      }
    }
    Upload.sendMissing(to, blobs);
    return to.call(AcceleratorServiceGrpc.getBindMethod(), request, "binding a graph", seconds);
  }

  private String shapesOf(Map<String, Tensor> arrays) {
    StringBuilder key = new StringBuilder();
    inputs.forEach(name -> key.append(Arrays.toString(arrays.get(name).shape())));
    return key.toString();
  }

  private List<Tensor> infer(Map<String, Tensor> arrays, Map<String, Long> versions, long until) {
    ModelInferRequest.Builder request = ModelInferRequest.newBuilder().setModelName(held.executor);
    List<String> changed = new ArrayList<>();
    inputs.stream().filter(name -> !versions.get(name).equals(sent.get(name))).forEach(changed::add);
    String key = shapesOf(arrays);
    List<TensorDescription> expected = outputs.getOrDefault(key, List.of());
    Segment segment = shared ? segment(changed, arrays, expected) : null;
    long offset = 0;
    for (String name : changed) {
      Tensor array = arrays.get(name);
      ModelInferRequest.InferInputTensor.Builder tensor =
          request.addInputsBuilder().setName(name).setDatatype(array.dtype().datatype());
      for (long dimension : array.shape()) {
        tensor.addShape(dimension);
      }
      if (segment == null) {
        request.addRawInputContents(UnsafeByteOperations.unsafeWrap(array.data()));
      } else {
        segment.put(offset, array);
        tensor.putAllParameters(place(segment, offset, array.byteSize()));
        offset += Segment.aligned(array.byteSize());
      }
    }
    if (segment != null) {
      for (TensorDescription each : expected) {
        ModelInferRequest.InferRequestedOutputTensor.Builder wanted = request.addOutputsBuilder().setName(each.getName());
        long size = sizeOf(each);
        if (size > 0 && offset + size <= segment.size()) {
          wanted.putAllParameters(place(segment, offset, size));
          offset += Segment.aligned(size);
        }
      }
    }
    ModelInferResponse reply = held.connection.infer(request.build(), until);
    changed.forEach(name -> sent.put(name, versions.get(name)));
    if (!outputs.containsKey(key)) {
      outputs.put(key, sized ? described(reply) : List.of());
    }
    return unpack(reply, segment);
  }

  private static List<TensorDescription> described(ModelInferResponse reply) {
    List<TensorDescription> found = new ArrayList<>();
    reply.getOutputsList().forEach(each -> found.add(TensorDescription.newBuilder().setName(each.getName())
        .setDatatype(each.getDatatype()).addAllShape(each.getShapeList()).build()));
    return found;
  }

  private static Map<String, InferParameter> place(Segment segment, long offset, long size) {
    return Map.of(REGION, InferParameter.newBuilder().setStringParam(segment.name()).build(), OFFSET,
        InferParameter.newBuilder().setInt64Param(offset).build(), SIZE, InferParameter.newBuilder().setInt64Param(size).build());
  }

  /** Memory that holds the inputs and outputs of this call, if it is worth it; else null. */
  private Segment segment(List<String> changed, Map<String, Tensor> arrays, List<TensorDescription> expected) {
    long needed = changed.stream().mapToLong(name -> Segment.aligned(arrays.get(name).byteSize())).sum()
        + expected.stream().mapToLong(each -> Segment.aligned(sizeOf(each))).sum();
    if (needed < Segment.THRESHOLD || needed > Integer.MAX_VALUE) {
      return null;
    }
    if (held.segment == null || held.segment.size() < needed) {
      held.forgetSegment();
      try {
        held.segment = new Segment(held.connection, (int) needed);
      } catch (IOException error) {
        // Containers have little shared memory: the socket does as well.
        LOG.info("no shared memory, tensors go through the socket: {}", error.getMessage());
        shared = false;
      }
    }
    return held.segment;
  }

  private static List<Tensor> unpack(ModelInferResponse reply, Segment segment) {
    List<Tensor> tensors = new ArrayList<>();
    int raw = 0;
    for (ModelInferResponse.InferOutputTensor each : reply.getOutputsList()) {
      Dtype dtype = Dtype.ofDatatype(each.getDatatype());
      long[] shape = each.getShapeList().stream().mapToLong(Long::longValue).toArray();
      if (segment != null && each.containsParameters(REGION)) {
        tensors.add(segment.take(each.getParametersOrThrow(OFFSET).getInt64Param(), dtype, shape));
      } else {
        tensors.add(new Tensor(dtype, shape, ByteBuffer.wrap(reply.getRawOutputContents(raw++).toByteArray())));
      }
    }
    return tensors;
  }

  /** Bytes of an output, 0 when that depends on the data. */
  private static long sizeOf(TensorDescription description) {
    long size = Dtype.ofDatatype(description.getDatatype()).size();
    for (long dimension : description.getShapeList()) {
      size = dimension < 0 ? 0 : size * dimension;
    }
    return size;
  }

  private void recover(Map<String, Tensor> arrays, Map<String, Long> versions, long until) throws InPieces {
    while (true) {
      try {
        held.forget();
        bind(Connection.renew(held.connection, until), arrays, versions);
        return;
      } catch (AcceleratorException error) {
        if (!Faults.isLost(error) || System.nanoTime() + 100_000_000L > until) {
          throw error;
        }
        Connection.pause();
      }
    }
  }

  @Override
  public synchronized void close() {
    cleanable.clean();
  }

  /** The worker's answer to a graph that it does not run as a whole. */
  static final class InPieces extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient BindReply reply;

    InPieces(BindReply reply) {
      super("the graph runs in pieces");
      this.reply = reply;
    }

    BindReply reply() {
      return reply;
    }
  }

  /** What the accelerator holds for an executor: given back when it is closed or collected. */
  private static final class Held implements Runnable {
    private Connection connection;
    private String executor;
    private Segment segment;
    private boolean closed;

    void hold(Connection on, String name) {
      connection = on;
      executor = name;
    }

    void release() {
      if (executor != null) {
        connection.tell(AcceleratorServiceGrpc.getReleaseMethod(), ReleaseRequest.newBuilder().setExecutor(executor).build());
        executor = null;
      }
      forgetSegment();
    }

    /** Of a connection that is gone nothing is given back. */
    void forget() {
      executor = null;
      segment = null;
    }

    void forgetSegment() {
      if (segment != null) {
        segment.close();
        segment = null;
      }
    }

    @Override
    public void run() {
      closed = true;
      release();
    }
  }
}
