package io.offboard.operators;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.offboard.client.OffboardException;
import io.offboard.client.UnsupportedOperatorException;
import io.offboard.rules.Rules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Everything that the table knows of one operator. */
public final class Facts {
  private final String name;
  private final JsonObject entry;
  private final Map<String, Parameter> parameters = new LinkedHashMap<>();

  Facts(JsonObject entry) {
    this.name = entry.get("name").getAsString();
    this.entry = entry;
    for (Map.Entry<String, JsonElement> each : entry.getAsJsonObject("params").entrySet()) {
      JsonObject facts = each.getValue().getAsJsonObject();
      boolean required = facts.has("required") && facts.get("required").getAsBoolean();
      String text = facts.has("default") ? facts.get("default").getAsString() : "";
      boolean nullable = facts.has("nullable") && facts.get("nullable").getAsBoolean();
      List<String> values = facts.has("values") ? strings(facts.getAsJsonArray("values")) : List.of();
      parameters.put(
          each.getKey(), new Parameter(each.getKey(), facts.get("type").getAsString(), required ? null : text, nullable, values));
    }
  }

  /** The canonical name. */
  public String name() {
    return name;
  }

  List<String> aliases() {
    return strings(entry.getAsJsonArray("aliases"));
  }

  public boolean hasParameter(String parameter) {
    return parameters.containsKey(parameter);
  }

  /** Names of all parameters, in the table's order. */
  public List<String> parameterNames() {
    return List.copyOf(parameters.keySet());
  }

  /** The parameter that counts the inputs, or null. */
  public String variadic() {
    return entry.has("repeated_inputs") ? entry.getAsJsonObject("repeated_inputs").get("count").getAsString() : null;
  }

  /** Whether code of the program declares its inputs and outputs. */
  public boolean isProgramDefined() {
    return entry.has("declared_by");
  }

  /** Whether it carries graphs of its own, as control flow does. */
  public boolean hasSubgraphs() {
    return entry.has("subgraphs");
  }

  /** All inputs that the operator may have, in order; none for a purely variadic one. */
  public List<String> declaredInputs() {
    return strings(entry.getAsJsonArray("inputs"));
  }

  /**
   * Typed values of all parameters, defaults included. Keys of the form {@code __key__} are no parameters; an operator without
   * parameters ignores what it is given.
   *
   * @throws OffboardException with MXNet's text, where MXNet refuses
   */
  public Map<String, Object> parse(Map<String, String> attrs) {
    Map<String, Object> values = new HashMap<>();
    try {
      attrs.forEach((key, text) -> {
        if (!key.startsWith("__") || !key.endsWith("__")) {
          parseOne(key, text, values);
        }
      });
      for (Parameter parameter : parameters.values()) {
        if (!values.containsKey(parameter.name)) {
          if (parameter.defaultText == null) {
            throw new IllegalArgumentException("Required parameter " + parameter.name + " of " + parameter.type + " is not presented");
          }
          values.put(parameter.name, parameter.parse(parameter.defaultText));
        }
      }
    } catch (IllegalArgumentException error) {
      StringBuilder given = new StringBuilder();
      attrs.forEach((key, text) -> given.append(", ").append(key).append("=\"").append(text).append('"'));
      throw new OffboardException(error.getMessage() + ", in operator " + name + "(name=\"\"" + given + ")", error);
    }
    return values;
  }

  private void parseOne(String key, String text, Map<String, Object> values) {
    Parameter parameter = parameters.get(key);
    if (parameter != null) {
      values.put(key, parameter.parse(text));
    } else if (key.equals(variadic())) {
      // Some operators count their inputs in an attribute that is no parameter of theirs.
      values.put(key, Long.valueOf(text.trim()));
    } else if (isProgramDefined()) {
      values.put(key, text);
    } else if (!parameters.isEmpty()) {
      StringBuilder possible = new StringBuilder();
      parameters.values().forEach(each -> possible.append(each.name).append(" : ").append(each.type).append('\n'));
      throw new IllegalArgumentException(
          "Cannot find argument '" + key + "', Possible Arguments:\n----------------\n" + possible);
    }
  }

  /** Names of all inputs in order, auxiliary states included. */
  public List<String> inputNames(Map<String, Object> values) {
    refuseProgramDefined();
    List<String> names = new ArrayList<>();
    JsonObject repeated = entry.getAsJsonObject("repeated_inputs");
    if (repeated != null && (!repeated.has("if") || holds(repeated.getAsJsonObject("if"), values))) {
      long count = number(values.get(repeated.get("count").getAsString()));
      for (JsonElement group : repeated.getAsJsonArray("names")) {
        for (long i = 0; i < count; i++) {
          for (JsonElement each : group.getAsJsonArray()) {
            names.add(each.getAsString().replace("{}", Long.toString(i)));
          }
        }
      }
      return names;
    }
    JsonObject optional = entry.has("optional_inputs") ? entry.getAsJsonObject("optional_inputs") : new JsonObject();
    for (String input : declaredInputs()) {
      if (!optional.has(input) || holds(optional.getAsJsonObject(input), values)) {
        names.add(input);
      }
    }
    return names;
  }

  /** Those of {@link #inputNames} that the operator itself may write. */
  public List<String> auxiliaryNames() {
    refuseProgramDefined();
    return strings(entry.getAsJsonArray("aux"));
  }

  /** Names of the visible outputs. */
  public List<String> outputNames(Map<String, Object> values) {
    refuseProgramDefined();
    JsonObject repeated = entry.getAsJsonObject("repeated_outputs");
    if (repeated != null) {
      long count = number(values.get(repeated.get("count").getAsString()));
      if (count == 0 && repeated.has("length_of") && values.get(repeated.get("length_of").getAsString()) instanceof List) {
        count = ((List<?>) values.get(repeated.get("length_of").getAsString())).size();
      }
      if (count == 1 && repeated.has("single")) {
        return List.of(repeated.get("single").getAsString());
      }
      List<String> names = new ArrayList<>();
      for (long i = 0; i < count; i++) {
        names.add("output" + i);
      }
      return names;
    }
    if (entry.has("outputs_when")) {
      for (JsonElement each : entry.getAsJsonArray("outputs_when")) {
        if (holds(each.getAsJsonObject().getAsJsonObject("if"), values)) {
          return strings(each.getAsJsonObject().getAsJsonArray("outputs"));
        }
      }
    }
    return strings(entry.getAsJsonArray("outputs"));
  }

  private void refuseProgramDefined() {
    if (isProgramDefined()) {
      throw new UnsupportedOperatorException(Rules.text("operator_not_supported", "operator", name, "reason",
          "the program's own operators are Python code; run such a graph from Python"));
    }
  }

  private static long number(Object value) {
    return value instanceof Long ? (Long) value : 0;
  }

  private static boolean holds(JsonObject condition, Map<String, Object> values) {
    return condition.entrySet().stream().allMatch(each -> matches(each.getValue(), values.get(each.getKey())));
  }

  private static boolean matches(JsonElement wanted, Object value) {
    if (wanted.isJsonNull()) {
      return value == null;
    }
    JsonPrimitive primitive = wanted.getAsJsonPrimitive();
    if (primitive.isBoolean()) {
      return Boolean.valueOf(primitive.getAsBoolean()).equals(value);
    }
    if (primitive.isNumber()) {
      return value instanceof Number && ((Number) value).doubleValue() == primitive.getAsDouble();
    }
    return primitive.getAsString().equals(value);
  }

  private static List<String> strings(JsonArray array) {
    List<String> texts = new ArrayList<>();
    array.forEach(each -> texts.add(each.getAsString()));
    return texts;
  }
}
