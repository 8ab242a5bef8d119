package io.offboard.generator;

/** One argument of an operator: its name in MXNet, what it is, and whether it may be left out. */
record Argument(String name, Kind kind, boolean optional) {

  /** The name in source code: two names of MXNet are words of Scala. */
  String safeName() {
    return switch (name) {
      case "var" -> "vari";
      case "type" -> "typeOf";
      default -> name;
    };
  }

  /** The name as part of a getter or setter: first letter in upper case, underscores kept. */
  String accessorName() {
    return Character.toUpperCase(safeName().charAt(0)) + safeName().substring(1);
  }

  Argument asOptional() {
    return new Argument(name, kind, true);
  }

  Argument renamed(String newName) {
    return new Argument(newName, kind, optional);
  }
}
