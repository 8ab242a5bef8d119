package io.offboard.client;

import java.util.Locale;

/** Settings: the environment variable {@code OFFBOARD_X_Y}, over which the system property {@code offboard.x.y} goes. */
final class Settings {
  private Settings() {}

  /** The text of a setting; empty where it is not given. */
  static String get(String variable) {
    String property = System.getProperty(variable.toLowerCase(Locale.ROOT).replace('_', '.'));
    String value = property != null ? property : System.getenv(variable);
    return value == null ? "" : value.trim();
  }
}
