package io.offboard.compatibility;

import com.typesafe.tools.mima.core.Problem;
import com.typesafe.tools.mima.core.util.log.ConsoleLogging$;
import com.typesafe.tools.mima.lib.MiMaLib;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import scala.jdk.javaapi.CollectionConverters;

/** {@code Main OLD.JAR NEW.JAR CLASSPATH.TXT}: fails where a program linked against the old jar would not link against the new one. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 3) {
      throw new IllegalArgumentException("usage: Main OLD.JAR NEW.JAR CLASSPATH.TXT");
    }
    List<File> libraries = Arrays.stream(Files.readString(Path.of(arguments[2])).strip().split(File.pathSeparator)).map(File::new).toList();
    MiMaLib mima = new MiMaLib(CollectionConverters.asScala(libraries).toSeq(), ConsoleLogging$.MODULE$);
    List<Problem> problems = CollectionConverters.asJava(
        mima.collectProblems(new File(arguments[0]), new File(arguments[1]), CollectionConverters.asScala(List.<String>of()).toList()));
    problems.forEach(problem -> System.err.println(problem.description().apply("this build")));
    if (!problems.isEmpty()) {
      throw new IllegalStateException(problems.size() + " changes break programs built with " + arguments[0]);
    }
  }
}
