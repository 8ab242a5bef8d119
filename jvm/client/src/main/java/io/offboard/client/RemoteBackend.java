package io.offboard.client;

import com.google.protobuf.ByteString;
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
  private static final int KEPT_SHAPES = 64;

  private final ByteBuffer graph;
  private final int instanceNodes;
  private final Held held = new Held();
  private final Cleaner.Cleanable cleanable;
  /** By name: the version that a digest is of. */
  private final Map<String, Long> digested = new HashMap<>();
  private final Map<String, ByteString> digests = new HashMap<>();
  private Set<String> constants;
  /** The constants that the executor was bound with, and their versions: walked through at every forward. */
  private String[] bound = {};
  private Long[] boundVersions = {};
  private Set<String> unsettled;
  private List<String> inputs = List.of();
  private Map<String, List<TensorDescription>> outputs = new HashMap<>();
  private boolean sized;
  private Map<String, Long> sent = new HashMap<>();
  private Request request;
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
  public synchronized void forward(Map<String, Tensor> arrays, Map<String, Long> versions, boolean isTrain, Receiver receiver) {
    if (held.closed) {
      throw new OffboardException("The executor was disposed");
    }
    long until = System.nanoTime() + Connection.callNanos();
    try {
      settle(arrays, versions);
      if (!holdStill(versions)) {
        // What a program writes to is no weight: from now on it is an input, and only it travels.
        constants.removeIf(name -> !versions.get(name).equals(digested.get(name)));
        bind(held.connection, arrays, versions);
      }
      receive(inferOrReplay(arrays, versions, until), arrays, receiver);
    } catch (InPieces pieces) {
      throw new IllegalStateException("a graph that was bound whole came back in pieces", pieces);
    }
  }

  /** Whether the constants are as they were when they were bound. */
  private boolean holdStill(Map<String, Long> versions) {
    for (int i = 0; i < bound.length; i++) {
      if (!versions.get(bound[i]).equals(boundVersions[i])) {
        return false;
      }
    }
    return true;
  }

  private ModelInferResponse inferOrReplay(Map<String, Tensor> arrays, Map<String, Long> versions, long until) throws InPieces {
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
    bound = constants.toArray(new String[0]);
    boundVersions = Arrays.stream(bound).map(digested::get).toArray(Long[]::new);
    inputs = new ArrayList<>();
    reply.getInputsList().forEach(each -> inputs.add(each.getName()));
    // Outputs by the shapes of the inputs, as far as they are known: what is known has its place in shared memory.
    outputs = new HashMap<>();
    outputs.put(shapesOf(arrays), reply.getOutputsList());
    sized = reply.getOutputsList().stream().allMatch(each -> each.getShapeList().stream().allMatch(dimension -> dimension >= 0));
    sent = new HashMap<>();
    this.request = null;
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

  private ModelInferResponse infer(Map<String, Tensor> arrays, Map<String, Long> versions, long until) {
    List<String> changed = new ArrayList<>();
    for (String name : inputs) {
      if (!versions.get(name).equals(sent.get(name))) {
        changed.add(name);
      }
    }
    if (request == null || !request.fits(changed, arrays)) {
      List<TensorDescription> expected = outputs.getOrDefault(shapesOf(arrays), List.of());
      Segment segment = shared ? segment(Request.roomNeeded(changed, arrays, expected)) : null;
      request = new Request(held.executor, inputs, changed, arrays, expected, segment);
    }
    ModelInferResponse reply = held.connection.infer(request.fill(arrays), until);
    changed.forEach(name -> sent.put(name, versions.get(name)));
    return reply;
  }

  /** Hands the outputs on, and remembers what shapes they have. */
  private void receive(ModelInferResponse reply, Map<String, Tensor> arrays, Receiver receiver) {
    request.receive(reply, receiver);
    if (sized && !request.knowsOutputs()) {
      if (outputs.size() >= KEPT_SHAPES) {
        outputs.clear();
      }
      outputs.put(shapesOf(arrays), described(reply));
      // From now on they have a place, too.
      request = null;
    }
  }

  private static List<TensorDescription> described(ModelInferResponse reply) {
    List<TensorDescription> found = new ArrayList<>();
    reply.getOutputsList().forEach(each -> found.add(TensorDescription.newBuilder().setName(each.getName())
        .setDatatype(each.getDatatype()).addAllShape(each.getShapeList()).build()));
    return found;
  }

  /** Memory of at least so many bytes, if it is worth it and there is some; else null. */
  private Segment segment(long needed) {
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
