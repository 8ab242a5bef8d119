package io.offboard.gateway;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A gateway that this JVM started. It ends when its standard input does, hence with this JVM, however that ends. */
final class GatewayProcess {
  private static final long START_SECONDS = 120;

  private GatewayProcess() {}

  /** Starts one with {@code OFFBOARD_PYTHON}, or {@code python3}, and gives it a token, which no file and no command line shows. */
  static Address start() {
    String given = System.getenv("OFFBOARD_PYTHON");
    String python = given == null || given.isEmpty() ? "python3" : given;
    Process process;
    try {
      process = new ProcessBuilder(python, "-m", "offboard.cli", "gateway", "--with-parent")
          .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    } catch (IOException error) {
      throw new GatewayException(missing(python, error.getMessage()), error);
    }
    String token = String.format("%064x", new BigInteger(256, new SecureRandom()));
    CompletableFuture<String> ready = new CompletableFuture<>();
    Thread reader = new Thread(() -> greet(process, token, ready), "offboard-gateway-start");
    reader.setDaemon(true);
    reader.start();
    try {
      return Address.of(ready.get(START_SECONDS, TimeUnit.SECONDS), token);
    } catch (ExecutionException error) {
      throw new GatewayException(missing(python, error.getCause().getMessage()), error);
    } catch (TimeoutException error) {
      process.destroyForcibly();
      throw new GatewayException(missing(python, "it did not answer within " + START_SECONDS + " s"), error);
    } catch (InterruptedException error) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new GatewayException("Interrupted while the instance's Python started", error);
    }
  }

  /** Hands over the token and waits for the address. The streams stay open: they are closed with the process. */
  private static void greet(Process process, String token, CompletableFuture<String> ready) {
    BufferedReader output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    try {
      handOver(process.getOutputStream(), token);
      String line = output.readLine();
      if (line == null) {
        ready.completeExceptionally(new IOException("it ended with status " + process.waitFor()));
      } else {
        ready.complete(line);
      }
    } catch (IOException | InterruptedException error) {
      ready.completeExceptionally(error);
    }
  }

  private static void handOver(OutputStream input, String token) {
    try {
      input.write((token + "\n").getBytes(StandardCharsets.US_ASCII));
      input.flush();
    } catch (IOException ended) {
      // It ended already: its output, which is read next, says so.
      return;
    }
  }

  private static String missing(String python, String why) {
    return "This needs the instance's Python with Offboard, and " + python + " cannot be used: " + why
        + ". Install it (pip install 'offboard[jvm]'), set OFFBOARD_PYTHON to a Python that has it, or OFFBOARD_GATEWAY to the "
        + "address of a running 'offboard gateway'. Graphs on Context.eia() need none.";
  }
}
