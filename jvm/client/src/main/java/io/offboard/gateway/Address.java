package io.offboard.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where a gateway listens, and the token that it wants. */
final class Address {
  final String host;
  final int port;
  final String token;

  private Address(String host, String port, String token, String text) {
    if (!port.matches("\\d{1,5}")) {
      throw new GatewayException("A gateway's address is HOST:PORT:TOKEN-FILE, not " + text);
    }
    this.host = host;
    this.port = Integer.parseInt(port);
    this.token = token;
  }

  /** That of a gateway of its own, which said {@code HOST:PORT} and was given the token. */
  static Address of(String said, String token) {
    String[] parts = said.strip().split(":", 2);
    return new Address(parts[0], parts.length == 2 ? parts[1] : "", token, said);
  }

  /** What {@code OFFBOARD_GATEWAY} says: {@code HOST:PORT:TOKEN-FILE}. */
  static Address read(String given) {
    String[] parts = given.strip().split(":", 3);
    try {
      return new Address(parts[0], parts.length == 3 ? parts[1] : "", parts.length == 3 ? Files.readString(Path.of(parts[2])).strip() : "",
          given);
    } catch (IOException error) {
      throw new GatewayException("No gateway answers at " + given + ": its token cannot be read from " + error.getMessage(), error);
    }
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
