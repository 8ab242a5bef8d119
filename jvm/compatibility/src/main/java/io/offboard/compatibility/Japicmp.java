package io.offboard.compatibility;

import japicmp.cmp.JApiCmpArchive;
import japicmp.cmp.JarArchiveComparator;
import japicmp.cmp.JarArchiveComparatorOptions;
import japicmp.config.Options;
import japicmp.model.AccessModifier;
import japicmp.model.JApiChangeStatus;
import japicmp.model.JApiClass;
import japicmp.model.JApiCompatibility;
import japicmp.model.JApiConstructor;
import japicmp.model.JApiField;
import japicmp.model.JApiImplementedInterface;
import japicmp.model.JApiMethod;
import japicmp.output.OutputFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javassist.CtBehavior;

/** What Java programs would miss of public and protected members. */
final class Japicmp {
  /** In the names that Scala's compiler gives to functions and classes without one: public, and nothing that a program names. */
  private static final String ANONYMOUS = "$$anon";

  private final String artifact;
  private final List<Change> changes = new ArrayList<>();

  private Japicmp(String artifact) {
    this.artifact = artifact;
  }

  /** Compares packages: those that are named, or all if none is, but for those left out, each with what is below it. */
  static List<Change> changes(Artifact artifact, List<String> packages, List<String> leftOut) {
    Options options = Options.newDefault();
    options.setAccessModifier(Optional.of(AccessModifier.PROTECTED));
    options.setOutputOnlyModifications(true);
    // Of the libraries, which are no part of the artifact.
    options.setIgnoreMissingClasses(true);
    packages.forEach(each -> options.addIncludeFromArgument(Optional.of(each), false));
    leftOut.forEach(each -> options.addExcludeFromArgument(Optional.of(each), false));
    JarArchiveComparator comparator = new JarArchiveComparator(JarArchiveComparatorOptions.of(options));
    List<JApiClass> classes = comparator.compare(new JApiCmpArchive(artifact.old(), "old"), new JApiCmpArchive(artifact.present(), "new"));
    new OutputFilter(options).filter(classes);
    Japicmp found = new Japicmp(artifact.name());
    classes.forEach(found::visit);
    return found.changes;
  }

  private void visit(JApiClass each) {
    String name = each.getFullyQualifiedName();
    if (each.isBinaryCompatible() || name.contains(ANONYMOUS)) {
      return;
    }
    int before = changes.size();
    add(name, each);
    if (each.getChangeStatus() == JApiChangeStatus.REMOVED) {
      return;
    }
    add(name, each.getSuperclass());
    for (JApiImplementedInterface implemented : each.getInterfaces()) {
      add(name, implemented);
    }
    for (JApiConstructor constructor : each.getConstructors()) {
      add(name + ".this", constructor);
    }
    for (JApiMethod method : each.getMethods()) {
      add(name + "." + method.getName(), method);
    }
    for (JApiField field : each.getFields()) {
      add(name + "." + field.getName(), field);
    }
    if (changes.size() == before) {
      changes.add(new Change(artifact, name, "is not binary compatible"));
    }
  }

  private void add(String member, JApiCompatibility element) {
    element.getCompatibilityChanges().stream()
        .filter(change -> !change.isBinaryCompatible())
        .forEach(change -> changes.add(new Change(artifact, member, change.getType() + signature(element))));
  }

  /** Which of overloaded methods it is. */
  private static String signature(JApiCompatibility element) {
    Optional<? extends CtBehavior> old = Optional.empty();
    if (element instanceof JApiMethod method) {
      old = method.getOldMethod();
    } else if (element instanceof JApiConstructor constructor) {
      old = constructor.getOldConstructor();
    }
    return old.map(each -> ": " + each.getLongName()).orElse("");
  }
}
