package io.offboard.operators;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.offboard.client.OffboardException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Every operator of {@code table.json}, by its name and its aliases. */
public final class OperatorTable {
  private static final byte[] SOURCE = read();
  private static final Map<String, Facts> BY_NAME = parse();

  private OperatorTable() {}

  /** The facts of an operator, or null when there is none of this name. */
  public static Facts resolve(String name) {
    return BY_NAME.get(name);
  }

  /** The facts of an operator; throws when there is none of this name. */
  public static Facts find(String name) {
    Facts facts = BY_NAME.get(name);
    if (facts == null) {
      throw new OffboardException("Cannot find Operator " + name + " in registry");
    }
    return facts;
  }

  /** All names under which operators are found. */
  public static Set<String> names() {
    return BY_NAME.keySet();
  }

  /** SHA-256 of the table, hexadecimal: what client and daemon compare. */
  public static String digest() {
    try {
      StringBuilder text = new StringBuilder();
      for (byte each : MessageDigest.getInstance("SHA-256").digest(SOURCE)) {
        text.append(String.format("%02x", each));
      }
      return text.toString();
    } catch (NoSuchAlgorithmException error) {
      throw new IllegalStateException("every JVM has SHA-256", error);
    }
  }

  private static byte[] read() {
    try (InputStream stream = OperatorTable.class.getResourceAsStream("table.json")) {
      return stream.readAllBytes();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static Map<String, Facts> parse() {
    Map<String, Facts> found = new LinkedHashMap<>();
    String text = new String(SOURCE, StandardCharsets.UTF_8);
    for (JsonElement each : JsonParser.parseString(text).getAsJsonObject().getAsJsonArray("operators")) {
      Facts facts = new Facts(each.getAsJsonObject());
      found.put(facts.name(), facts);
      facts.aliases().forEach(alias -> found.put(alias, facts));
    }
    return Collections.unmodifiableMap(found);
  }
}
