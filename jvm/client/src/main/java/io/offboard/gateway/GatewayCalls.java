package io.offboard.gateway;

/** The object that the gateway's process offers by py4j. */
public interface GatewayCalls {
  /** One call: its name, its request and its reply as JSON. */
  String call(String name, String request);
}
