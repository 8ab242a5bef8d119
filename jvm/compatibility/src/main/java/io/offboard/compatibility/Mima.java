package io.offboard.compatibility;

import com.typesafe.tools.mima.core.util.log.ConsoleLogging$;
import com.typesafe.tools.mima.lib.MiMaLib;
import java.util.List;
import scala.jdk.javaapi.CollectionConverters;

/** What Scala programs would miss: MiMa knows what is private to a package, which class files call public. */
final class Mima {
  private Mima() {}

  static List<Change> changes(Artifact artifact) {
    MiMaLib mima = new MiMaLib(CollectionConverters.asScala(artifact.libraries()).toSeq(), ConsoleLogging$.MODULE$);
    var problems = mima.collectProblems(artifact.old(), artifact.present(), CollectionConverters.asScala(List.<String>of()).toList());
    return CollectionConverters.asJava(problems).stream()
        .map(each -> new Change(artifact.name(), each.matchName().get(), each.description().apply("this build")))
        .toList();
  }
}
