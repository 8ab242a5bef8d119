package io.offboard.generator;

import java.util.ArrayList;
import java.util.List;

/**
 * Scala's operator methods: {@code NDArray.op} and {@code Symbol.op}, which take anything, and the typed {@code NDArray.api.op}
 * and {@code Symbol.api.op}, where what may be left out is an {@code Option}.
 */
final class ScalaMethods {
  private static final String PACKAGE = "org.apache.mxnet";
  private static final List<String> NAMED = List.of("name: String = null", "attr: Map[String, String] = null");

  private final OperatorTable table;

  ScalaMethods(OperatorTable table) {
    this.table = table;
  }

  String ndarrayBase() {
    Source source = new Source(PACKAGE).line("/** Operators by name on arrays: positional arguments, and the others in a map. */")
        .line("abstract class NDArrayBase {");
    for (Operator operator : table.named()) {
      String name = Source.quoted(operator.name());
      source.method(operator.name(), "(kwargs: Map[String, Any] = null)(args: Any*)", "NDArrayFuncReturn",
          "OperatorCalls.untyped(" + name + ", args, kwargs)");
      source.method(operator.name(), "(args: Any*)", "NDArrayFuncReturn", "OperatorCalls.untyped(" + name + ", args, null)");
    }
    return source.line("}").text();
  }

  String symbolBase() {
    Source source = new Source(PACKAGE).line("/** Operators by name on symbols: positional symbols, and the others in a map. */")
        .line("abstract class SymbolBase {");
    for (Operator operator : table.named()) {
      source.method(operator.name(), Source.parameters(NAMED) + "(args: Symbol*)(kwargs: Map[String, Any] = null)", "Symbol",
          "OperatorCalls.compose(" + Source.quoted(operator.name()) + ", name, attr, args, kwargs)");
    }
    return source.line("}").text();
  }

  String ndarrayApi() {
    Source source = new Source(PACKAGE).line("/** Operators on arrays with typed arguments. */").line("abstract class NDArrayAPIBase {");
    for (Operator operator : table.typed()) {
      String out = "out: Option[NDArray]";
      typed(source, operator, operator.merged(), "NDArray", List.of(out + " = None"));
      if (operator.changedList()) {
        shorterForms(source, operator, "NDArray", List.of(out));
      }
    }
    return source.line("}").text();
  }

  String symbolApi() {
    Source source = new Source(PACKAGE).line("/** Operators on symbols with typed arguments; a symbol left out becomes a variable. */")
        .line("abstract class SymbolAPIBase {");
    for (Operator operator : table.typed()) {
      typed(source, operator, operator.merged(), "Symbol", NAMED);
      if (operator.changedList()) {
        shorterForms(source, operator, "Symbol", List.of("name: String", "attr: Map[String, String]"));
      }
    }
    return source.line("}").text();
  }

  private static void typed(Source source, Operator operator, List<Argument> arguments, String family, List<String> last) {
    List<String> declarations = new ArrayList<>();
    arguments.forEach(argument -> declarations.add(declaration(argument, family, true)));
    declarations.addAll(last);
    source.method(operator.name(), Source.parameters(declarations), result(family), call(operator, arguments, family, last.size()));
  }

  /** 1.9.1's form beside 1.5.1's: Scala allows defaults in one overload only, so here each length is a method. */
  private static void shorterForms(Source source, Operator operator, String family, List<String> last) {
    List<String> declarations = new ArrayList<>();
    int given = 0;
    for (Argument argument : operator.current()) {
      declarations.add(declaration(argument, family, false));
      given++;
      source.method(operator.name(), Source.parameters(declarations), result(family),
          call(operator, operator.current().subList(0, given), family, 0));
    }
    for (int length = 1; length <= last.size(); length++) {
      declarations.add(last.get(length - 1));
      source.method(operator.name(), Source.parameters(declarations), result(family), call(operator, operator.current(), family, length));
    }
  }

  private static String result(String family) {
    return family.equals("Symbol") ? "Symbol" : "NDArrayFuncReturn";
  }

  private static String declaration(Argument argument, String family, boolean defaults) {
    String type = argument.kind().scala(family);
    boolean optional = argument.optional() || (family.equals("Symbol") && argument.kind() == Kind.ARRAY);
    String declared = argument.safeName() + ": " + (optional ? "Option[" + type + "]" : type);
    return optional && defaults ? declared + " = None" : declared;
  }

  private static String call(Operator operator, List<Argument> arguments, String family, int last) {
    String name = Source.quoted(operator.name());
    if (family.equals("Symbol")) {
      List<Argument> lists = arguments.stream().filter(argument -> argument.kind() == Kind.ARRAYS).toList();
      List<Argument> others = arguments.stream().filter(argument -> argument.kind() != Kind.ARRAYS).toList();
      return "OperatorCalls.symbol(" + name + ", " + (last > 0 ? "name" : "null") + ", " + (last > 1 ? "attr" : "null") + ", "
          + Source.sequence(lists) + ", " + Source.pairs(others) + ")";
    }
    return "OperatorCalls.array(" + name + ", " + Source.sequence(Source.arrays(arguments)) + ", "
        + Source.pairs(Source.values(arguments)) + ", " + (last > 0 ? "out" : "None") + ")";
  }
}
