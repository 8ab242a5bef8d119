package io.offboard.generator;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The project's operator table, completed by {@code signatures.json}: every name of an operator with its arguments. */
final class OperatorTable {
  private final SortedMap<String, Operator> operators = new TreeMap<>();

  private OperatorTable(JsonArray table, JsonObject signatures) {
    JsonObject current = signatures.getAsJsonObject("current");
    JsonObject first = signatures.getAsJsonObject("first");
    for (JsonElement element : table) {
      JsonObject record = element.getAsJsonObject();
      String name = record.get("name").getAsString();
      add(name, tableArguments(record), current, first);
      for (JsonElement alias : record.getAsJsonArray("aliases")) {
        String other = alias.getAsString();
        operators.put(other, new Operator(other, operators.get(name).current(), operators.get(name).first()));
      }
    }
    for (String name : current.keySet()) {
      if (!operators.containsKey(name)) {
        add(name, List.of(), current, first);
      }
    }
  }

  static OperatorTable read(Path table) throws IOException {
    try (Reader reader = Files.newBufferedReader(table);
        InputStream signatures = OperatorTable.class.getResourceAsStream("/signatures.json");
        Reader own = new InputStreamReader(signatures, StandardCharsets.UTF_8)) {
      return new OperatorTable(
          JsonParser.parseReader(reader).getAsJsonObject().getAsJsonArray("operators"), JsonParser.parseReader(own).getAsJsonObject());
    }
  }

  private void add(String name, List<Argument> known, JsonObject current, JsonObject first) {
    List<Argument> now = current.has(name) ? parse(current.getAsJsonArray(name), known) : known;
    operators.put(name, new Operator(name, now, first.has(name) ? parse(first.getAsJsonArray(name), now) : now));
  }

  private static List<Argument> tableArguments(JsonObject record) {
    List<Argument> arguments = new ArrayList<>();
    if (record.has("repeated_inputs")) {
      arguments.add(new Argument("data", Kind.ARRAYS, false));
    } else {
      record.getAsJsonArray("inputs").forEach(input -> arguments.add(new Argument(input.getAsString(), Kind.ARRAY, false)));
    }
    for (Map.Entry<String, JsonElement> entry : record.getAsJsonObject("params").entrySet()) {
      JsonObject parameter = entry.getValue().getAsJsonObject();
      Kind kind = Kind.ofTable(parameter.get("type").getAsString());
      arguments.add(new Argument(entry.getKey(), kind, parameter.has("default")));
    }
    return List.copyOf(arguments);
  }

  private static List<Argument> parse(JsonArray texts, List<Argument> known) {
    List<Argument> arguments = new ArrayList<>();
    for (JsonElement element : texts) {
      String[] parts = element.getAsString().split(": ");
      if (parts.length == 1) {
        arguments.add(known.stream().filter(argument -> argument.name().equals(parts[0])).findFirst().orElseThrow(
            () -> new IllegalArgumentException("signatures.json names an argument that the table lacks: " + parts[0])));
      } else {
        boolean optional = parts[1].endsWith("?");
        String kind = optional ? parts[1].substring(0, parts[1].length() - 1) : parts[1];
        arguments.add(new Argument(parts[0], Kind.valueOf(kind.toUpperCase(Locale.ROOT)), optional));
      }
    }
    return List.copyOf(arguments);
  }

  boolean has(String name) {
    return operators.containsKey(name);
  }

  Operator get(String name) {
    return operators.get(name);
  }

  /** Operators without a leading underscore, sorted by name. */
  List<Operator> named() {
    return operators.values().stream().filter(operator -> !operator.name().startsWith("_")).toList();
  }

  /** Operators with typed methods: all named ones but Custom, whose arguments are the program's. */
  List<Operator> typed() {
    return named().stream().filter(operator -> !operator.name().equals("Custom")).toList();
  }

  /** Operators of the Java interface: of two names that differ by case alone, the one that begins in lower case. */
  List<Operator> java() {
    SortedMap<String, Operator> byLowerCase = new TreeMap<>();
    for (Operator operator : typed()) {
      byLowerCase.merge(operator.name().toLowerCase(Locale.ROOT), operator,
          (one, other) -> Character.isLowerCase(one.name().charAt(0)) ? one : other);
    }
    return List.copyOf(byLowerCase.values());
  }

  /** Names in {@code NDArray.random}: those of {@code _random_NAME} and {@code _sample_NAME}, sorted. */
  List<String> random() {
    return operators.keySet().stream().filter(name -> name.startsWith("_random_") || name.startsWith("_sample_"))
        .map(name -> name.substring("_random_".length())).distinct().sorted().toList();
  }
}
