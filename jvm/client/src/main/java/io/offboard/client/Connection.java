package io.offboard.client;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.offboard.operators.OperatorTable;
import io.offboard.rules.Rules;
import io.offboard.wire.accelerator.Accelerator;
import io.offboard.wire.accelerator.AcceleratorServiceGrpc;
import io.offboard.wire.accelerator.AttachReply;
import io.offboard.wire.accelerator.AttachRequest;
import io.offboard.wire.accelerator.Endpoints;
import io.offboard.wire.accelerator.ErrorDetail;
import io.offboard.wire.accelerator.Version;
import io.offboard.wire.inference.GRPCInferenceServiceGrpc;
import io.offboard.wire.inference.ModelInferRequest;
import io.offboard.wire.inference.ModelInferResponse;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** This process's connection to its accelerator: attached once, leased by a stream, made anew when it breaks. */
public final class Connection implements AutoCloseable {
  private static final int PROTOCOL_MAJOR = 1;
  private static final int PROTOCOL_MINOR = 0;
  private static final long ATTACH_SECONDS = 10;
  private static final int CARRIERS = 4;
  private static final Metadata.Key<String> AUTHORIZATION = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> SESSION = Metadata.Key.of("offboard-session", Metadata.ASCII_STRING_MARSHALLER);

  private static Connection current;
  private static boolean announced;
  private static boolean hooked;

  private final Endpoint endpoint;
  private final String instance = StateFiles.instanceId();
  private final ManagedChannel channel;
  /** The channel with the session's metadata on every call. */
  private final Channel calls;
  private final Lease lease;
  private final Accelerator accelerator;
  private final boolean sameHost;
  private final String session;
  /** Path of the worker's socket for lanes; empty where streams are used instead. */
  private final String lane;
  private final Deque<Carrier> idle = new ArrayDeque<>();
  private final Set<Carrier> carriers = new HashSet<>();
  private ByteString secret;
  private volatile boolean closed;

  private Connection(Endpoint endpoint) {
    this.endpoint = endpoint;
    ManagedChannel front = Targets.open(endpoint, endpoint.target);
    String target;
    String offered;
    try {
      AttachReply reply = StateFiles.attaching(() -> attach(front));
      accelerator = reply.getAccelerator();
      target = workerTarget(reply.getEndpoints());
      offered = reply.getEndpoints().getLane();
    } catch (RuntimeException error) {
      front.shutdownNow();
      throw error;
    }
    sameHost = target.startsWith(Endpoint.UNIX);
    String path = sameHost && !offered.isEmpty() ? offered.substring(Endpoint.UNIX.length()) : "";
    lane = Lane.canOpen(path) ? path : "";
    if (target.equals(endpoint.target)) {
      channel = front;
    } else {
      front.shutdownNow();
      channel = Targets.open(endpoint, target);
    }
    Channel identified = identified(channel, endpoint);
    lease = new Lease(
        () -> identified.newCall(AcceleratorServiceGrpc.getLeaseMethod(), CallOptions.DEFAULT), instance, secret);
    try {
      session = lease.awaitSession(ATTACH_SECONDS);
      calls = with(identified, SESSION, session);
    } catch (RuntimeException error) {
      abandon();
      throw error;
    }
    announce(accelerator);
  }

  /** A channel whose calls carry the endpoint's token. */
  static Channel identified(Channel to, Endpoint endpoint) {
    return with(to, AUTHORIZATION, endpoint.token.isEmpty() ? "" : "Bearer " + endpoint.token);
  }

  private static Channel with(Channel to, Metadata.Key<String> key, String value) {
    if (value.isEmpty()) {
      return to;
    }
    Metadata metadata = new Metadata();
    metadata.put(key, value);
    return ClientInterceptors.intercept(to, MetadataUtils.newAttachHeadersInterceptor(metadata));
  }

  /** This process's connection, attached at first use. */
  public static synchronized Connection current() {
    if (current == null) {
      current = new Connection(Endpoint.resolve());
      if (!hooked) {
        hooked = true;
        Runtime.getRuntime().addShutdownHook(new Thread(Connection::closeCurrent, "offboard-exit"));
      }
    }
    return current;
  }

  /** The connection if there is one; null before the first use. */
  static synchronized Connection existing() {
    return current;
  }

  /** A new connection in place of a broken one, tried until a time of {@link System#nanoTime}. */
  static synchronized Connection renew(Connection old, long untilNanos) {
    if (current == old || current == null) {
      old.abandon();
      current = null;
      while (current == null) {
        try {
          current();
        } catch (NoAcceleratorException | AcceleratorUnavailableException error) {
          if (System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(100) > untilNanos) {
            throw error;
          }
          pause();
        }
      }
    }
    return current;
  }

  static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      throw new AcceleratorUnavailableException("The thread was interrupted while reconnecting", error);
    }
  }

  /** Ends this process's session, if there is one; the next use attaches anew. */
  public static synchronized void closeCurrent() {
    if (current != null) {
      current.close();
      current = null;
    }
  }

  /** The deadline of one inference. */
  static long callNanos() {
    String given = Settings.get("OFFBOARD_CALL_SECONDS");
    double seconds = given.isEmpty() ? Rules.limit("call_seconds") : Double.parseDouble(given);
    return (long) (seconds * 1e9);
  }

  /** Id of the accelerator that this instance is associated with. */
  public String acceleratorId() {
    return accelerator.getId();
  }

  /** Type of the accelerator. */
  public String acceleratorType() {
    return accelerator.getType().getName();
  }

  /** Whether tensors may go through shared memory. */
  boolean isSameHost() {
    return sameHost;
  }

  /** One call; what the daemon refuses is thrown as an exception of Offboard. */
  <Q, R> R call(MethodDescriptor<Q, R> method, Q request, String doing, long seconds) {
    try {
      return ClientCalls.blockingUnaryCall(calls, method, CallOptions.DEFAULT.withDeadlineAfter(seconds, TimeUnit.SECONDS), request);
    } catch (StatusRuntimeException failure) {
      throw Faults.errorOf(failure, doing);
    }
  }

  /** A call whose answer nobody waits for. */
  <Q, R> void tell(MethodDescriptor<Q, R> method, Q request) {
    if (!closed) {
      ClientCalls.asyncUnaryCall(
          calls.newCall(method, CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS)), request, new Unheard<R>());
    }
  }

  /** The channel with the session's metadata, for calls that stream. */
  Channel channel() {
    return calls;
  }

  /** One inference; throws gRPC's failure. */
  ModelInferResponse infer(ModelInferRequest request, long untilNanos) {
    Carrier carrier = take(untilNanos);
    if (carrier == null) {
      CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(Math.max(untilNanos - System.nanoTime(), 1), TimeUnit.NANOSECONDS);
      return ClientCalls.blockingUnaryCall(calls, GRPCInferenceServiceGrpc.getModelInferMethod(), options, request);
    }
    try {
      return carrier.infer(request, untilNanos);
    } finally {
      giveBack(carrier);
    }
  }

  private synchronized Carrier take(long untilNanos) {
    Carrier carrier = idle.poll();
    if (carrier == null && carriers.size() < CARRIERS && !closed) {
      carrier = lane.isEmpty()
          ? new InferStream(calls.newCall(GRPCInferenceServiceGrpc.getModelStreamInferMethod(), CallOptions.DEFAULT))
          : new Lane(lane, session, untilNanos);
      carriers.add(carrier);
    }
    return carrier;
  }

  private synchronized void giveBack(Carrier carrier) {
    if (carrier.isOpen()) {
      idle.push(carrier);
    } else {
      carriers.remove(carrier);
    }
  }

  /** Ends the session, and with it everything it owns on the accelerator. */
  @Override
  public void close() {
    if (!closed) {
      closeCarriers();
      lease.close();
      channel.shutdownNow();
    }
  }

  private void abandon() {
    closeCarriers();
    lease.abandon();
    channel.shutdownNow();
  }

  private synchronized void closeCarriers() {
    closed = true;
    carriers.forEach(Carrier::close);
    carriers.clear();
    idle.clear();
  }

  private AttachReply attach(Channel front) {
    Channel to = identified(front, endpoint);
    Version version = Version.newBuilder().setMajor(PROTOCOL_MAJOR).setMinor(PROTOCOL_MINOR).setRelease(Rules.version())
        .setOperatorTable(OperatorTable.digest()).build();
    ByteString shown = StateFiles.secretFor(instance, endpoint.target);
    AttachReply reply;
    try {
      reply = attach(to, version, shown);
    } catch (StatusRuntimeException failure) {
      ErrorDetail detail = Faults.detailOf(failure);
      boolean elsewhere = detail != null && detail.getCode() == ErrorDetail.Code.ASSOCIATED_ELSEWHERE;
      ByteString other = elsewhere ? StateFiles.secretOf(instance, detail.getAccelerator()) : ByteString.EMPTY;
      if (other.isEmpty() || other.equals(shown)) {
        throw refused(failure);
      }
      shown = other;
      try {
        reply = attach(to, version, shown);
      } catch (StatusRuntimeException again) {
        throw refused(again);
      }
    }
    secret = reply.getSecret().isEmpty() ? shown : reply.getSecret();
    StateFiles.storeSecret(instance, secret, reply.getAccelerator().getId(), reply.getAssociation().getId(), endpoint.target);
    return reply;
  }

  private AttachReply attach(Channel to, Version version, ByteString shown) {
    AttachRequest request = AttachRequest.newBuilder().setInstance(instance).setSecret(shown).setClient(version).build();
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(ATTACH_SECONDS, TimeUnit.SECONDS);
    return ClientCalls.blockingUnaryCall(to, AcceleratorServiceGrpc.getAttachMethod(), options, request);
  }

  private AcceleratorException refused(StatusRuntimeException failure) {
    AcceleratorException error = Faults.errorOf(failure, "attaching");
    if (error instanceof AcceleratorUnavailableException || error.code() == ErrorDetail.Code.NO_ACCELERATOR) {
      return new NoAcceleratorException("Nothing answers at " + endpoint.target + " (" + endpoint.source + ")", failure);
    }
    return error;
  }

  /** The worker's Unix socket where it can be opened from here, else its address. */
  private String workerTarget(Endpoints endpoints) {
    if (Targets.canOpen(endpoints.getUnixSocket())) {
      return endpoints.getUnixSocket();
    }
    return endpoint.target.startsWith(Endpoint.UNIX) ? endpoint.target : endpoints.getGrpc();
  }

  private static void announce(Accelerator accelerator) {
    if (!announced) {
      announced = true;
      System.err.println(Rules.text("first_use", "version", Rules.version(), "accelerator", accelerator.getId(), "type",
          accelerator.getType().getName()));
    }
  }

  /** Takes an answer that nobody waits for. */
  private static final class Unheard<R> implements StreamObserver<R> {
    @Override
    public void onNext(R value) {}

    @Override
    public void onError(Throwable error) {}

    @Override
    public void onCompleted() {}
  }
}
