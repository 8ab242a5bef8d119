package io.offboard.generator;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * {@code NDArray.random} and {@code Symbol.random}: one method for {@code _random_NAME}, whose distribution parameters are numbers,
 * and {@code _sample_NAME}, whose parameters are arrays. A parameter is of type {@code T}, a number or an array.
 */
final class RandomMethods {
  private static final Set<Kind> GENERIC = EnumSet.of(Kind.ARRAY, Kind.FLOAT, Kind.INT);
  /** What the interface calls by one name and {@code _random_normal} by another. */
  private static final Map<String, String> COMMON_NAMES = Map.of("loc", "mu", "scale", "sigma");

  private final OperatorTable table;

  RandomMethods(OperatorTable table) {
    this.table = table;
  }

  String ndarray() {
    return source("NDArray", List.of("out: Option[NDArray] = None"));
  }

  String symbol() {
    return source("Symbol", List.of("name: String = null", "attr: Map[String, String] = null"));
  }

  private String source(String family, List<String> last) {
    Source source = new Source("org.apache.mxnet", "scala.reflect.ClassTag").line("")
        .line("/** Random operators, whose parameters are numbers or " + (family.equals("Symbol") ? "symbols" : "arrays") + ". */")
        .line("abstract class " + family + "RandomAPIBase {");
    for (String name : table.random()) {
      method(source, name, family, last);
    }
    return source.line("}").text();
  }

  private void method(Source source, String name, String family, List<String> last) {
    String ofNumbers = "_random_" + name;
    String ofArrays = "_sample_" + name;
    Operator operator = table.has(ofNumbers) ? table.get(ofNumbers) : table.get(ofArrays);
    String scalar = family + "OrScalar[T].isScalar";
    List<String> declarations = new ArrayList<>();
    List<String> pairs = new ArrayList<>();
    for (Argument argument : operator.first()) {
      Argument common = argument.renamed(COMMON_NAMES.getOrDefault(argument.name(), argument.name()));
      String type = GENERIC.contains(argument.kind()) ? "T" : argument.kind().scala(family);
      declarations.add(common.safeName() + ": " + (argument.optional() ? "Option[" + type + "] = None" : type));
      pairs.add(key(argument, common, scalar, ofArrays) + " -> " + common.safeName());
    }
    declarations.addAll(last);
    String numbers = Source.quoted(table.has(ofNumbers) ? ofNumbers : ofArrays);
    String arrays = Source.quoted(table.has(ofArrays) ? ofArrays : ofNumbers);
    String target = numbers.equals(arrays) ? numbers : "if (" + scalar + ") " + numbers + " else " + arrays;
    String values = "Seq[(String, Any)](" + String.join(", ", pairs) + ")";
    String call = family.equals("Symbol") ? "OperatorCalls.randomSymbol(" + target + ", name, attr, " + values + ")"
        : "OperatorCalls.randomArray(" + target + ", " + values + ", out)";
    source.method(name + "[T: " + family + "OrScalar: ClassTag]", Source.parameters(declarations),
        family.equals("Symbol") ? "Symbol" : "NDArrayFuncReturn", call);
  }

  /** What an operator calls a parameter: {@code _sample_normal} has the interface's names, {@code _random_normal} others. */
  private String key(Argument argument, Argument common, String scalar, String ofArrays) {
    boolean renamed = !argument.name().equals(common.name());
    boolean known = renamed && table.has(ofArrays) && table.get(ofArrays).first().stream().anyMatch(each -> each.name().equals(common.name()));
    return known ? "(if (" + scalar + ") " + Source.quoted(argument.name()) + " else " + Source.quoted(common.name()) + ")"
        : Source.quoted(argument.name());
  }
}
