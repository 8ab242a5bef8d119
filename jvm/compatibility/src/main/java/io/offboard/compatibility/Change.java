package io.offboard.compatibility;

/**
 * What a program that was built with the old artifact would miss.
 *
 * @param artifact its name, without a version
 * @param member the class, or the class and its member after a dot, as exclusions name it
 * @param description what a developer reads
 */
record Change(String artifact, String member, String description) {
  @Override
  public String toString() {
    return artifact + ": " + member + ": " + description;
  }
}
