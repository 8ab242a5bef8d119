package io.offboard.rules;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/** Texts and limits of {@code catalogue.json}, and the version of this distribution. */
public final class Rules {
  private static final JsonObject CATALOGUE = read();
  private static final GraphRules GRAPHS = new Gson().fromJson(CATALOGUE.get("graphs"), GraphRules.class);
  private static final String VERSION = readVersion();

  private Rules() {}

  /** The text of a rule with its fields filled in, given as name, value, name, value, ... */
  public static String text(String rule, Object... fields) {
    String text = CATALOGUE.getAsJsonObject("texts").get(rule).getAsString();
    for (int i = 0; i < fields.length; i += 2) {
      text = text.replace("{" + fields[i] + "}", String.valueOf(fields[i + 1]));
    }
    return text;
  }

  /** The default of a limit. */
  public static long limit(String name) {
    return CATALOGUE.getAsJsonObject("limits").getAsJsonObject(name).get("default").getAsLong();
  }

  /** What the catalogue says of graphs. */
  public static GraphRules graphs() {
    return GRAPHS;
  }

  /** {@code x.y.z}. */
  public static String version() {
    return VERSION;
  }

  private static JsonObject read() {
    try (Reader reader = new InputStreamReader(Rules.class.getResourceAsStream("catalogue.json"), StandardCharsets.UTF_8)) {
      return JsonParser.parseReader(reader).getAsJsonObject();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static String readVersion() {
    Properties properties = new Properties();
    try (InputStream stream = Rules.class.getResourceAsStream("/io/offboard/version.properties")) {
      properties.load(stream);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    return properties.getProperty("version");
  }
}
