package io.offboard.generator;

/** What an operator's argument is, with its type in each generated interface. */
enum Kind {
  ARRAY(null, "NDArray"),
  ARRAYS(null, "Array[NDArray]"),
  SHAPE("Shape", "Shape"),
  INT("Int", "java.lang.Integer"),
  LONG("Long", "java.lang.Long"),
  FLOAT("Float", "java.lang.Float"),
  DOUBLE("Double", "java.lang.Double"),
  BOOLEAN("Boolean", "java.lang.Boolean"),
  STRING("String", "String"),
  ANY("Any", "Any");

  private final String scalaName;
  final String java;

  Kind(String scalaName, String java) {
    this.scalaName = scalaName;
    this.java = java;
  }

  /** The Scala type, where an array is of type {@code family} (NDArray or Symbol). */
  String scala(String family) {
    return switch (this) {
      case ARRAY -> family;
      case ARRAYS -> "Array[" + family + "]";
      default -> scalaName;
    };
  }

  boolean isArray() {
    return this == ARRAY || this == ARRAYS;
  }

  /** The kind of a type name of the operator table. */
  static Kind ofTable(String type) {
    return switch (type) {
      case "shape" -> SHAPE;
      case "int", "uint" -> INT;
      case "long", "ulong" -> LONG;
      case "float" -> FLOAT;
      case "double" -> DOUBLE;
      case "bool" -> BOOLEAN;
      case "enum", "string" -> STRING;
      case "tuple_float", "tuple_long" -> ANY;
      default -> throw new IllegalArgumentException("the operator table holds an unknown type: " + type);
    };
  }
}
