package io.offboard.generator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** {@code Main TABLE.JSON DIRECTORY}: writes the Scala sources of the operator methods below the directory. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 2) {
      throw new IllegalArgumentException("usage: Main TABLE.JSON DIRECTORY");
    }
    OperatorTable table = OperatorTable.read(Path.of(arguments[0]));
    Path core = Path.of(arguments[1], "org", "apache", "mxnet");
    Path java = core.resolve("javaapi");
    ScalaMethods scala = new ScalaMethods(table);
    write(core, "NDArrayBase", scala.ndarrayBase());
    write(core, "SymbolBase", scala.symbolBase());
    write(core, "NDArrayAPIBase", scala.ndarrayApi());
    write(core, "SymbolAPIBase", scala.symbolApi());
    RandomMethods random = new RandomMethods(table);
    write(core, "NDArrayRandomAPIBase", random.ndarray());
    write(core, "SymbolRandomAPIBase", random.symbol());
    JavaMethods methods = new JavaMethods(table);
    write(java, "NDArrayBase", methods.methods());
    for (var param : methods.params().entrySet()) {
      write(java, param.getKey(), param.getValue());
    }
  }

  /** An unchanged file is left alone, so that an incremental compiler has nothing to do. */
  private static void write(Path folder, String name, String text) throws IOException {
    Files.createDirectories(folder);
    Path file = folder.resolve(name + ".scala");
    if (!Files.exists(file) || !Files.readString(file).equals(text)) {
      Files.writeString(file, text);
    }
  }
}
