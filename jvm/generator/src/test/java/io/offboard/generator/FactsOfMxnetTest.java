package io.offboard.generator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The arguments that we generate against MXNet's own argument strings and lists of names. */
class FactsOfMxnetTest {
  private final OperatorTable table = Tables.project();

  FactsOfMxnetTest() throws IOException {}

  @Test
  void argumentsOfEveryOperatorAreThoseOfTheFirstRelease() throws IOException {
    JsonObject facts = JsonParser.parseString(Files.readString(Tables.fact("operators-1.5.1-signatures.json"))).getAsJsonObject();
    for (String name : facts.keySet()) {
      if (!name.startsWith("_")) {
        List<Argument> expected = parse(facts.getAsJsonObject(name).getAsJsonArray("args"));
        List<String> known = expected.stream().map(Argument::name).toList();
        // Arguments added since 1.5.1 that may be left out do not change what a program can call.
        assertEquals(expected, table.get(name).first().stream()
            .filter(argument -> known.contains(argument.name()) || !argument.optional()).toList(), name);
      }
    }
  }

  @Test
  void namesAreThoseOfTheInventory() throws IOException {
    assertEquals(names("org.apache.mxnet.NDArrayBase "), new TreeSet<>(table.named().stream().map(Operator::name).toList()));
    assertEquals(names("org.apache.mxnet.SymbolAPIBase "), new TreeSet<>(table.typed().stream().map(Operator::name).toList()));
    assertEquals(names("org.apache.mxnet.NDArrayRandomAPIBase "), new TreeSet<>(table.random()));
    assertEquals(261, table.java().size());
  }

  @Test
  void paramClassesAreThoseOfTheInventoryAndTheOneOfTheFirstRelease() throws IOException {
    String line = inventory().lines().filter(text -> text.startsWith("### [A] javaapi.*Param")).findFirst().orElseThrow();
    Set<String> expected = new TreeSet<>(List.of(line.substring(line.indexOf("): ") + 3).split(" ")));
    expected.add("shape_arrayParam");
    assertEquals(expected, new JavaMethods(table).params().keySet());
  }

  @Test
  void membersOfParamClassesAreThoseOfTheInventory() throws IOException {
    for (String name : List.of("ConvolutionParam", "softmaxParam", "topkParam")) {
      String text = inventory();
      int start = text.indexOf("public class javaapi." + name + " {");
      Matcher member = Pattern.compile("(get|set)\\w+(?=\\()").matcher(text.substring(start, text.indexOf("\n}", start)));
      Set<String> expected = new TreeSet<>();
      while (member.find()) {
        expected.add(member.group());
      }
      Matcher own = Pattern.compile("def ((get|set)\\w+)\\(").matcher(new JavaMethods(table).params().get(name));
      Set<String> actual = new TreeSet<>();
      while (own.find()) {
        actual.add(own.group(1));
      }
      assertEquals(expected, actual, name);
    }
  }

  private static String inventory() throws IOException {
    return Files.readString(Tables.fact("jvm-api.md"));
  }

  private static Set<String> names(String heading) throws IOException {
    List<String> lines = inventory().lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith("### ") && lines.get(i).contains(heading)) {
        return new TreeSet<>(List.of(lines.get(i + 1).replace("`", "").split(" ")));
      }
    }
    throw new IllegalStateException("no " + heading);
  }

  private static List<Argument> parse(JsonArray strings) {
    List<Argument> arguments = new ArrayList<>();
    for (JsonElement element : strings) {
      JsonArray pair = element.getAsJsonArray();
      String[] fields = pair.get(1).getAsString().replace(" ", "").replaceFirst("^\\{[^}]*\\}", "string").split(",");
      arguments.add(new Argument(pair.get(0).getAsString(), kind(fields[0]), fields.length >= 3));
    }
    return arguments;
  }

  private static Kind kind(String type) {
    return switch (type) {
      case "NDArray", "Symbol", "NDArray-or-Symbol" -> Kind.ARRAY;
      case "NDArray-or-Symbol[]", "SymbolorSymbol[]" -> Kind.ARRAYS;
      case "Shape(tuple)", "ShapeorNone" -> Kind.SHAPE;
      case "int", "intorNone", "int(non-negative)" -> Kind.INT;
      case "long", "long(non-negative)" -> Kind.LONG;
      case "float", "floatorNone", "real_t" -> Kind.FLOAT;
      case "double", "doubleorNone" -> Kind.DOUBLE;
      case "boolean", "booleanorNone" -> Kind.BOOLEAN;
      case "string" -> Kind.STRING;
      default -> Kind.ANY;
    };
  }
}
