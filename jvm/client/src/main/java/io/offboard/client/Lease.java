package io.offboard.client;

import com.google.protobuf.ByteString;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.offboard.wire.accelerator.LeaseReply;
import io.offboard.wire.accelerator.LeaseRequest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** A session's lease: renewed on one stream, which is opened again when it breaks, until the lease lapses. */
final class Lease implements AutoCloseable {
  private static final long AGAIN_MILLIS = 100;

  private final Supplier<ClientCall<LeaseRequest, LeaseReply>> calls;
  private final LeaseRequest.Builder first;
  private final ScheduledThreadPoolExecutor timer;
  private final CompletableFuture<LeaseReply> opened = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private ClientCall<LeaseRequest, LeaseReply> call;
  private String session = "";
  private long lapses;
  private boolean closed;

  Lease(Supplier<ClientCall<LeaseRequest, LeaseReply>> calls, String instance, ByteString secret) {
    this.calls = calls;
    this.first = LeaseRequest.newBuilder().setInstance(instance).setSecret(secret).setProcess(ProcessHandle.current().pid())
        .setProgram(program());
    this.timer = new ScheduledThreadPoolExecutor(1, task -> {
      Thread thread = new Thread(task, "offboard-lease");
      thread.setDaemon(true);
      return thread;
    });
    open();
  }

  /** The session's id, once it is open. */
  String awaitSession(long seconds) {
    try {
      return opened.get(seconds, TimeUnit.SECONDS).getSession();
    } catch (ExecutionException error) {
      throw Faults.errorOf((StatusRuntimeException) error.getCause(), "opening a session");
    } catch (TimeoutException error) {
      throw new AcceleratorUnavailableException("The accelerator did not open a session in time", error);
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      throw new AcceleratorUnavailableException("The thread was interrupted while opening a session", error);
    }
  }

  private synchronized void open() {
    if (closed) {
      return;
    }
    call = calls.get();
    call.start(new Listener(call), new Metadata());
    call.request(1);
    call.sendMessage(first.setSession(session).build());
  }

  private synchronized void renew() {
    if (!closed && call != null && !session.isEmpty()) {
      call.sendMessage(LeaseRequest.newBuilder().setSession(session).build());
    }
  }

  private synchronized void answered(LeaseReply reply) {
    session = reply.getSession();
    lapses = System.nanoTime() + TimeUnit.SECONDS.toNanos(reply.getLeaseSeconds());
    opened.complete(reply);
    if (!closed) {
      // By this daemon's lease, which its operator may have set.
      timer.schedule(this::renew, TimeUnit.SECONDS.toMillis(reply.getLeaseSeconds()) / 3, TimeUnit.MILLISECONDS);
    }
  }

  private synchronized void broke(ClientCall<LeaseRequest, LeaseReply> which, Status status) {
    if (which != call) {
      return;
    }
    call = null;
    ended.complete(null);
    if (!opened.isDone()) {
      opened.completeExceptionally(status.isOk() ? Status.UNAVAILABLE.asRuntimeException() : status.asRuntimeException());
    } else if (!closed && System.nanoTime() < lapses) {
      timer.schedule(this::open, AGAIN_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /** Ends the session and waits a moment for the daemon to have heard it. */
  @Override
  public void close() {
    if (stop(true)) {
      try {
        ended.get(2, TimeUnit.SECONDS);
      } catch (InterruptedException error) {
        Thread.currentThread().interrupt();
      } catch (ExecutionException | TimeoutException late) {
        // The lease lapses by itself.
        ended.complete(null);
      }
    }
  }

  /** Stops renewing: the session lapses by itself. */
  void abandon() {
    stop(false);
  }

  private synchronized boolean stop(boolean ending) {
    boolean tell = !closed && ending && call != null && !session.isEmpty();
    closed = true;
    timer.shutdownNow();
    if (tell) {
      call.sendMessage(LeaseRequest.newBuilder().setSession(session).setEnd(true).build());
      call.halfClose();
    } else if (call != null) {
      call.cancel("abandoned", null);
    }
    return tell;
  }

  private static String program() {
    String command = System.getProperty("sun.java.command", "java");
    return command.split(" ", 2)[0];
  }

  private final class Listener extends ClientCall.Listener<LeaseReply> {
    private final ClientCall<LeaseRequest, LeaseReply> own;

    Listener(ClientCall<LeaseRequest, LeaseReply> own) {
      this.own = own;
    }

    @Override
    public void onMessage(LeaseReply message) {
      answered(message);
      own.request(1);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (!opened.isDone() && !status.isOk()) {
        opened.completeExceptionally(status.asRuntimeException(trailers));
      }
      broke(own, status);
    }
  }
}
