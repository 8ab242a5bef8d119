package io.offboard.generator;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The operator methods of {@code org.apache.mxnet.javaapi.NDArray}: an operator with two or more arguments that may be left out takes a
 * {@code *Param} object, any other takes all its arguments in order, null for what is absent, and {@code out}.
 */
final class JavaMethods {
  static final String PACKAGE = "org.apache.mxnet.javaapi";
  private static final String CORE = "_root_.org.apache.mxnet.OperatorCalls";

  private final OperatorTable table;

  JavaMethods(OperatorTable table) {
    this.table = table;
  }

  static boolean takesParam(List<Argument> arguments) {
    return Operator.optional(arguments).size() >= 2;
  }

  String methods() {
    Source source = new Source(PACKAGE).line("/** Operators on arrays for Java. */").line("abstract class NDArrayBase {");
    for (Operator operator : table.java()) {
      // Two releases whose parameters erase to the same types are one method.
      Map<List<String>, List<Argument>> forms = new LinkedHashMap<>();
      for (List<Argument> arguments : List.of(operator.first(), operator.current())) {
        forms.putIfAbsent(takesParam(arguments) ? List.of(operator.name() + "Param") : types(arguments), arguments);
      }
      forms.values().forEach(arguments -> method(source, operator, arguments));
    }
    table.java().stream().filter(JavaMethods::hasParam).forEach(operator -> innerParam(source, operator));
    return source.line("}").text();
  }

  /** Until 1.4.1 a Param class was an inner class of the companion: {@code NDArray$.MODULE$.new normParam(array)}. */
  private static void innerParam(Source source, Operator operator) {
    List<Argument> required = Operator.required(operator.first());
    source.line("  class " + operator.name() + "Param(" + String.join(", ", required.stream().map(JavaMethods::declaration).toList())
        + ") extends " + topLevelParam(operator) + "(" + String.join(", ", required.stream().map(Argument::safeName).toList()) + ")");
  }

  private static String topLevelParam(Operator operator) {
    return "_root_." + PACKAGE + "." + operator.name() + "Param";
  }

  private static boolean hasParam(Operator operator) {
    return takesParam(operator.first()) || takesParam(operator.current());
  }

  private static List<String> types(List<Argument> arguments) {
    return arguments.stream().map(argument -> argument.kind().java).toList();
  }

  private static void method(Source source, Operator operator, List<Argument> arguments) {
    if (takesParam(arguments)) {
      source.method(operator.name(), "(po: " + topLevelParam(operator) + ")", "Array[NDArray]", "po.invoke()");
      return;
    }
    List<String> declarations = new ArrayList<>();
    arguments.forEach(argument -> declarations.add(declaration(argument)));
    source.method(operator.name(), Source.parameters(Source.with(declarations, "out: NDArray")), "Array[NDArray]",
        CORE + ".java(" + Source.quoted(operator.name()) + ", " + Source.sequence(Source.arrays(arguments)) + ", "
            + Source.pairs(Source.values(arguments)) + ", out)");
  }

  private static String declaration(Argument argument) {
    return argument.safeName() + ": " + argument.kind().java;
  }

  /** Every {@code *Param} class by its name. */
  SortedMap<String, String> params() {
    SortedMap<String, String> sources = new TreeMap<>();
    for (Operator operator : table.java()) {
      if (hasParam(operator)) {
        sources.put(operator.name() + "Param", param(operator));
      }
    }
    return sources;
  }

  private static String param(Operator operator) {
    String name = operator.name() + "Param";
    List<Argument> all = operator.merged();
    List<Argument> required = Operator.required(operator.current().size() > operator.first().size() ? operator.current() : operator.first());
    List<Argument> requiredFirst = Operator.required(operator.first());
    Source source = new Source(PACKAGE).line("/** Arguments of {@link NDArray#" + operator.name() + "}. */")
        .line("class " + name + "(" + String.join(", ", required.stream().map(argument -> "private val " + constructorDeclaration(argument, all)).toList()) + ") {");
    for (Argument argument : all) {
      if (!contains(required, argument)) {
        source.line("  private var " + argument.safeName() + ": " + argument.kind().java + " = null");
      }
    }
    source.line("  private var out: NDArray = null");
    if (requiredFirst.size() < required.size()) {
      source.line("  def this(" + String.join(", ", requiredFirst.stream().map(JavaMethods::declaration).toList()) + ") = this("
          + String.join(", ", required.stream().map(argument -> contains(requiredFirst, argument) ? argument.safeName() : "null").toList()) + ")");
    }
    for (Argument argument : all) {
      source.line("  def get" + argument.accessorName() + "(): " + argument.kind().java + " = " + argument.safeName());
      if (!contains(required, argument)) {
        source.line("  def set" + argument.accessorName() + "(" + declaration(argument) + "): " + name + " = { this." + argument.safeName()
            + " = " + argument.safeName() + "; this }");
      }
    }
    source.line("  def getOut(): _root_.org.apache.mxnet.NDArray = if (out == null) null else out.nd");
    source.line("  def setOut(out: NDArray): " + name + " = { this.out = out; this }");
    List<Argument> order = operator.current().size() > operator.first().size() ? operator.current() : operator.first();
    source.line("  private[javaapi] def invoke(): Array[NDArray] =");
    source.line("    " + CORE + ".java(" + Source.quoted(operator.name()) + ", " + Source.sequence(Source.arrays(order)) + ", "
        + Source.pairs(Source.values(order)) + ", out)");
    return source.line("}").text();
  }

  /** A constructor's argument has the type of 1.5.1, as its getter. */
  private static String constructorDeclaration(Argument argument, List<Argument> all) {
    return declaration(all.stream().filter(known -> known.name().equals(argument.name())).findFirst().orElse(argument));
  }

  private static boolean contains(List<Argument> arguments, Argument argument) {
    return arguments.stream().anyMatch(known -> known.name().equals(argument.name()));
  }
}
