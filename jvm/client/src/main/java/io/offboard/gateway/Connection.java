package io.offboard.gateway;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.InetAddress;
import py4j.ClientServer;
import py4j.Py4JException;

/** py4j to one gateway process; each calling thread has a socket of its own. */
final class Connection {
  private final ClientServer client;
  private final GatewayCalls calls;
  private final Regions regions = new Regions(this);
  private volatile boolean lost;

  private Connection(ClientServer client) {
    this.client = client;
    this.calls = (GatewayCalls) client.getPythonServerEntryPoint(new Class<?>[] {GatewayCalls.class});
  }

  /** Connects, and asks who is there. */
  static Connection open(Address address) {
    try {
      Connection connection = new Connection(new ClientServer.ClientServerBuilder().pythonAddress(InetAddress.getByName(address.host))
          .pythonPort(address.port).authToken(address.token).autoStartJavaServer(false).build());
      connection.call("hello", new JsonObject());
      return connection;
    } catch (IOException | GatewayLostException error) {
      throw new GatewayException("No gateway answers at " + address + ": " + error.getMessage(), error);
    }
  }

  boolean isLost() {
    return lost;
  }

  Regions regions() {
    return regions;
  }

  /** The result of a call, or the error that Python raised: ValueError and its like become IllegalArgumentException. */
  JsonObject call(String name, JsonObject request) {
    if (lost) {
      throw new GatewayLostException(null);
    }
    JsonObject reply;
    try {
      reply = JsonParser.parseString(calls.call(name, request.toString())).getAsJsonObject();
    } catch (Py4JException error) {
      lost = true;
      throw new GatewayLostException(error);
    }
    if (!reply.has("error")) {
      return reply.getAsJsonObject("result");
    }
    JsonObject error = reply.getAsJsonObject("error");
    String message = error.get("message").getAsString();
    switch (error.get("class").getAsString()) {
      case "ValueError":
      case "TypeError":
      case "KeyError":
      case "AssertionError":
        throw new IllegalArgumentException(message);
      default:
        throw new GatewayException(message);
    }
  }

  void close() {
    lost = true;
    client.shutdown();
  }
}
