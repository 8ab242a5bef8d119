package io.offboard.operators;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One parameter of an operator. Values are Boolean, Long, Double, String, List (of Long or Double, null within for None) or null.
 */
final class Parameter {
  private static final Set<String> INTEGERS = Set.of("int", "uint", "long", "ulong");
  private static final Set<String> UNSIGNED = Set.of("uint", "ulong");
  private static final Set<String> FLOATS = Set.of("float", "double");
  private static final Map<String, String> KINDS =
      Map.of("uint", "int (non-negative)", "ulong", "long (non-negative)", "bool", "boolean", "shape", "Shape(tuple)");

  final String name;
  final String type;
  /** As text; null where the parameter is required. */
  final String defaultText;
  private final boolean nullable;
  private final List<String> allowed;

  Parameter(String name, String type, String defaultText, boolean nullable, List<String> allowed) {
    this.name = name;
    this.type = type;
    this.defaultText = defaultText;
    this.nullable = nullable;
    this.allowed = allowed;
  }

  /** The typed value of an attribute's text; throws IllegalArgumentException where MXNet refuses it. */
  Object parse(String given) {
    String text = given.trim();
    if (text.equals("None") && (nullable || type.equals("shape"))) {
      return null;
    }
    switch (type) {
      case "enum":
        if (!allowed.contains(text)) {
          throw new IllegalArgumentException(
              "Invalid Input: '" + text + "', valid values are: {'" + String.join("', '", allowed) + "'}");
        }
        return text;
      case "bool":
        if (text.equals("1") || text.equalsIgnoreCase("true")) {
          return true;
        }
        if (text.equals("0") || text.equalsIgnoreCase("false")) {
          return false;
        }
        throw invalid(text);
      case "string":
        return text;
      default:
        try {
          if (INTEGERS.contains(type)) {
            long value = Long.parseLong(text);
            if (value < 0 && UNSIGNED.contains(type)) {
              throw invalid(text);
            }
            return value;
          }
          return FLOATS.contains(type) ? (Object) number(text) : items(text);
        } catch (NumberFormatException error) {
          throw invalid(text);
        }
    }
  }

  private static Double number(String text) {
    switch (text.toLowerCase(java.util.Locale.ROOT)) {
      case "inf":
      case "+inf":
      case "infinity":
        return Double.POSITIVE_INFINITY;
      case "-inf":
      case "-infinity":
        return Double.NEGATIVE_INFINITY;
      case "nan":
      case "-nan":
        return Double.NaN;
      default:
        return Double.valueOf(text);
    }
  }

  /** MXNet reads "(2, 3)", "[2, 3]", "(2L, 3L)" of Python 2, "(2,None)" and a bare number. */
  private List<Object> items(String text) {
    boolean floats = type.equals("tuple_float");
    String inner = text;
    if ((text.startsWith("(") && text.endsWith(")")) || (text.startsWith("[") && text.endsWith("]"))) {
      inner = text.substring(1, text.length() - 1).trim();
    } else if (text.isEmpty()) {
      throw new NumberFormatException("no value");
    }
    List<Object> values = new ArrayList<>();
    String[] parts = inner.isEmpty() ? new String[0] : inner.split(",", -1);
    for (int i = 0; i < parts.length; i++) {
      String part = parts[i].trim();
      if (part.isEmpty() && i == parts.length - 1 && i > 0) {
        break;
      }
      if (part.equals("None") || (!floats && part.equals("nan"))) {
        values.add(null);
      } else if (floats) {
        values.add(number(part));
      } else {
        values.add(Long.valueOf(part.endsWith("L") ? part.substring(0, part.length() - 1) : part));
      }
    }
    return values;
  }

  private IllegalArgumentException invalid(String text) {
    return new IllegalArgumentException(
        "Invalid Parameter format for " + name + " expect " + KINDS.getOrDefault(type, type) + " but value='" + text + "'");
  }
}
