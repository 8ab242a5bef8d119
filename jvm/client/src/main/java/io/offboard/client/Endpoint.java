package io.offboard.client;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Where to attach, and what the connection must carry. */
final class Endpoint {
  static final String UNIX = "unix:";

  /** {@code host:port} or {@code unix:PATH}. */
  final String target;
  /** What said so, for error messages. */
  final String source;
  /** Whether the connection is TLS: always beyond this host, on it when a CA is given. */
  final boolean secure;
  /** Path of the PEM file of trusted certificates; empty: the JVM's own. */
  final String ca;
  /** Bearer token; empty: none. */
  final String token;

  Endpoint(String target, String source, boolean secure, String ca, String token) {
    this.target = target;
    this.source = source;
    this.secure = secure;
    this.ca = ca;
    this.token = token;
  }

  /** Where a worker answers without an attach: the first of a daemon with several, whose front answers attaches only. */
  static Endpoint resolveWorker() {
    Endpoint front = resolve();
    JsonObject daemon = StateFiles.readJson(StateFiles.dataDirectory().resolve("daemon.json"));
    if (!front.source.equals("OFFBOARD_ENDPOINT") && daemon != null && daemon.getAsJsonArray("accelerators").size() > 1) {
      JsonObject worker = daemon.getAsJsonArray("accelerators").get(0).getAsJsonObject();
      String field = front.target.startsWith(UNIX) ? "unix_socket" : "grpc";
      return new Endpoint(worker.get(field).getAsString(), front.source, front.secure, front.ca, front.token);
    }
    return front;
  }

  /** {@code OFFBOARD_ENDPOINT}, or the daemon of this host's data directory. */
  static Endpoint resolve() {
    String given = Settings.get("OFFBOARD_ENDPOINT");
    if (!given.isEmpty()) {
      return given(given);
    }
    Path path = StateFiles.dataDirectory().resolve("daemon.json");
    JsonObject daemon = StateFiles.readJson(path);
    if (daemon == null) {
      throw new NoAcceleratorException("No daemon runs on this host (" + path + " does not exist or is not readable)", null);
    }
    String socket = daemon.get("unix_socket").getAsString();
    boolean local = socket.startsWith(UNIX) && Files.exists(Path.of(socket.substring(UNIX.length())));
    String target = local ? socket : daemon.get("grpc").getAsString();
    String token = Settings.get("OFFBOARD_TOKEN");
    if (token.isEmpty()) {
      token = readToken(daemon.get("token_file").getAsString());
    }
    return new Endpoint(target, path.toString(), daemon.get("tls").getAsBoolean() && !local, Settings.get("OFFBOARD_CA"), token);
  }

  private static Endpoint given(String given) {
    String ca = Settings.get("OFFBOARD_CA");
    String token = Settings.get("OFFBOARD_TOKEN");
    if (given.startsWith(UNIX) && given.length() > UNIX.length()) {
      return new Endpoint(given, "OFFBOARD_ENDPOINT", false, ca, token);
    }
    int colon = given.lastIndexOf(':');
    String port = given.substring(colon + 1);
    if (colon <= 0 || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) == 0 || Integer.parseInt(port) > 65535) {
      throw new NoAcceleratorException(
          given.equals("embedded") ? "OFFBOARD_ENDPOINT is embedded, which a JVM cannot be: a daemon is Python's"
              : "OFFBOARD_ENDPOINT is '" + given + "': write host:port or unix:PATH", null);
    }
    // A daemon offers nothing but TLS beyond loopback, and a token must never travel in the clear.
    return new Endpoint(given, "OFFBOARD_ENDPOINT", !ca.isEmpty() || !isLoopback(given.substring(0, colon)), ca, token);
  }

  /** Whether a name or an address (IPv6 in brackets or not) is this host's loopback. */
  static boolean isLoopback(String host) {
    String name = host.replaceAll("^\\[|\\]$", "").toLowerCase(Locale.ROOT).replaceAll("\\.$", "");
    if (name.equals("localhost")) {
      return true;
    }
    // Only addresses: a name could resolve to anything tomorrow.
    if (!name.matches("[0-9.]+|[0-9a-f:]*:[0-9a-f:.]*")) {
      return false;
    }
    try {
      return InetAddress.getByName(name).isLoopbackAddress();
    } catch (UnknownHostException error) {
      return false;
    }
  }

  private static String readToken(String path) {
    try {
      return path.isEmpty() ? "" : Files.readString(Path.of(path)).trim();
    } catch (IOException error) {
      return "";
    }
  }
}
