package io.offboard.conformance;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A driver's half of the protocol of tests/conformance: one request a line on standard input, one answer a line on standard output.
 *
 * <p>A language registers its steps, then calls {@link #run}. Whatever its API prints is kept for a case that asks for the log.
 */
final class Dialogue {
  /** One step: does what its request says with the values kept so far. */
  interface Step {
    Object play(JsonObject request, Map<String, Object> values) throws Exception;
  }

  /** Does something inside the scope of a context. */
  interface Scope {
    Object within(Object context, Step body, JsonObject request, Map<String, Object> values) throws Exception;
  }

  /** What stands for Python's classes of errors on the JVM. */
  private static final Map<String, String> CLASSES = Map.of("ValueError", "IllegalArgumentException", "TypeError",
      "IllegalArgumentException", "KeyError", "IllegalArgumentException", "AssertionError", "IllegalArgumentException");

  private final Gson gson = new GsonBuilder().serializeNulls().serializeSpecialFloatingPointValues().create();
  private final Map<String, Step> steps = new HashMap<>();
  private final TreeSet<String> capabilities = new TreeSet<>();
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final Scope scope;
  private Map<String, Object> values = new HashMap<>();

  Dialogue(Scope scope) {
    this.scope = scope;
    capability("log").step("log", (request, kept) -> printed.toString(StandardCharsets.UTF_8));
  }

  /** What follows serves a capability that is advertised. */
  Dialogue capability(String name) {
    capabilities.add(name);
    return this;
  }

  Dialogue step(String name, Step step) {
    steps.put(name, step);
    return this;
  }

  /** Answers until standard input ends. */
  void run() throws IOException {
    PrintStream answers = System.out;
    PrintStream log = new PrintStream(printed, true, StandardCharsets.UTF_8);
    System.setOut(log);
    System.setErr(log);
    BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      answers.println(gson.toJson(answer(JsonParser.parseString(line).getAsJsonObject())));
      answers.flush();
    }
  }

  private Map<String, Object> answer(JsonObject request) {
    String action = request.get("do").getAsString();
    Map<String, Object> answer = new LinkedHashMap<>();
    if (action.equals("hello")) {
      answer.put("capabilities", List.copyOf(capabilities));
      answer.put("classes", CLASSES);
    } else if (action.equals("begin")) {
      values = new HashMap<>();
    } else {
      try {
        answer.put("value", plain(play(action, request)));
      } catch (Exception | LinkageError error) {
        answer.put("error", Map.of("class", error.getClass().getSimpleName(), "text", String.valueOf(error.getMessage())));
      }
    }
    return answer;
  }

  /** What JSON can say: numbers, texts, lists and maps as they are, anything else by its text. */
  private static Object plain(Object value) {
    boolean told = value == null || value instanceof Number || value instanceof Boolean || value instanceof List || value instanceof Map
        || value.getClass().isArray();
    return told ? value : value.toString();
  }

  private Object play(String action, JsonObject request) throws Exception {
    Step step = steps.get(action);
    if (step == null) {
      throw new UnsupportedOperationException("this driver has no step " + action);
    }
    Object result = request.has("scope")
        ? scope.within(values.get(request.get("scope").getAsString()), step, request, values)
        : step.play(request, values);
    if (request.has("as")) {
      values.put(request.get("as").getAsString(), result);
      return null;
    }
    return result;
  }
}
