package io.offboard.testing;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.offboard.client.Connection;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code offboard serve} for a test, with state of its own; this process's settings point to it until it is closed. */
public final class Daemon implements AutoCloseable {
  private static final List<String> SETTINGS = List.of("offboard.home", "offboard.data.dir", "offboard.endpoint", "offboard.token", "offboard.ca");

  private final Path folder;
  private final Process process;
  private final JsonObject ready;

  /** Starts it with more options of {@code offboard serve}. */
  public Daemon(String... options) throws IOException {
    folder = Files.createTempDirectory("offboard-test-");
    List<String> command = new ArrayList<>(List.of(
        python(), "-m", "offboard.cli", "serve", "--json", "--no-standby", "--http", "off", "--data-dir", folder.resolve("daemon").toString()));
    List<String> given = List.of(options);
    if (!given.contains("--listen")) {
      command.addAll(List.of("--listen", "127.0.0.1:0"));
    }
    command.addAll(given);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("PYTHONPATH", root().resolve("python") + ":" + root().resolve("accelerator"));
    builder.environment().put("OFFBOARD_HOME", folder.toString());
    builder.redirectError(folder.resolve("log").toFile());
    process = builder.start();
    BufferedReader output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = output.readLine();
    if (line == null) {
      throw new IOException("offboard serve did not start: " + Files.readString(folder.resolve("log")));
    }
    ready = JsonParser.parseString(line).getAsJsonObject();
    Connection.closeCurrent();
    System.setProperty("offboard.home", folder.resolve("instance").toString());
    System.setProperty("offboard.data.dir", folder.resolve("daemon").toString());
  }

  /** The repository's root. */
  public static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(folder.resolve("protos"))) {
      folder = folder.getParent();
    }
    return folder;
  }

  private static String python() {
    String given = System.getenv("OFFBOARD_PYTHON");
    return given == null || given.isEmpty() ? root().resolve(".venv/bin/python").toString() : given;
  }

  /** {@code host:port} of gRPC. */
  public String address() {
    return ready.get("grpc").getAsString();
  }

  /** Kills the worker, as nothing in the daemon would. */
  public void killWorker() {
    List<ProcessHandle> workers = process.descendants().filter(Daemon::isWorker).collect(Collectors.toList());
    if (workers.isEmpty()) {
      throw new IllegalStateException("no worker runs");
    }
    workers.forEach(ProcessHandle::destroyForcibly);
  }

  private static boolean isWorker(ProcessHandle handle) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(handle.pid()), "cmdline")).contains("offboard_accelerator.worker");
    } catch (IOException gone) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    Connection.closeCurrent();
    SETTINGS.forEach(System::clearProperty);
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
    }
  }
}
