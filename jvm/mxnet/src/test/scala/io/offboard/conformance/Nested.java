package io.offboard.conformance;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Numbers in nested lists, as cases write arrays, to flat arrays with a shape and back. */
final class Nested {
  private Nested() {}

  /** The shape of nested lists. */
  static int[] shape(JsonElement values) {
    List<Integer> shape = new ArrayList<>();
    for (JsonElement each = values; each.isJsonArray(); each = each.getAsJsonArray().get(0)) {
      shape.add(each.getAsJsonArray().size());
    }
    return shape.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Their numbers, row by row. */
  static float[] numbers(JsonElement values) {
    List<Float> found = new ArrayList<>();
    collect(values, found);
    float[] numbers = new float[found.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = found.get(i);
    }
    return numbers;
  }

  private static void collect(JsonElement values, List<Float> found) {
    if (values.isJsonArray()) {
      values.getAsJsonArray().forEach(each -> collect(each, found));
    } else {
      found.add(values.getAsFloat());
    }
  }

  /** Nested lists of a flat array. */
  static Object nest(float[] numbers, int[] shape) {
    return nest(numbers, shape, 0, 0, numbers.length);
  }

  private static Object nest(float[] numbers, int[] shape, int axis, int start, int count) {
    if (axis == shape.length) {
      return numbers[start];
    }
    List<Object> made = new ArrayList<>();
    int each = shape[axis] == 0 ? 0 : count / shape[axis];
    for (int i = 0; i < shape[axis]; i++) {
      made.add(nest(numbers, shape, axis + 1, start + i * each, each));
    }
    return made;
  }

  /** A list of integers. */
  static int[] integers(JsonElement values) {
    JsonArray array = values.getAsJsonArray();
    int[] made = new int[array.size()];
    for (int i = 0; i < made.length; i++) {
      made[i] = array.get(i).getAsInt();
    }
    return made;
  }

  /** The entries of an object; none where it is absent or null. */
  static Map<String, JsonElement> entries(JsonObject request, String name) {
    Map<String, JsonElement> found = new LinkedHashMap<>();
    if (request.has(name) && request.get(name).isJsonObject()) {
      request.getAsJsonObject(name).entrySet().forEach(each -> found.put(each.getKey(), each.getValue()));
    }
    return found;
  }
}
