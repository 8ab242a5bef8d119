package io.offboard.client;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * What an instance keeps on disk, in the files that {@code docs/state-files.md} specifies and Python writes too. Every file
 * appears complete or not at all.
 */
final class StateFiles {
  private static final int FORMAT = 1;
  private static final Pattern INSTANCE = Pattern.compile("i-[0-9a-f]{17}");
  private static final Pattern ACCELERATOR = Pattern.compile("eia-[0-9a-f]{32}");
  private static final Gson WRITER = new GsonBuilder().setPrettyPrinting().create();
  private static final SecureRandom RANDOM = new SecureRandom();
  /** A POSIX record lock is the process's: its threads need one of their own. */
  private static final ReentrantLock ATTACHING = new ReentrantLock();

  private StateFiles() {}

  /** The state directory. */
  static Path home() {
    String given = Settings.get("OFFBOARD_HOME");
    if (!given.isEmpty()) {
      return Path.of(given);
    }
    Path user = Path.of(System.getProperty("user.home"));
    if (System.getProperty("os.name").startsWith("Mac")) {
      return user.resolve("Library/Application Support/offboard");
    }
    String base = Settings.get("XDG_DATA_HOME");
    // The XDG specification says to ignore a relative path.
    return (Path.of(base).isAbsolute() ? Path.of(base) : user.resolve(".local/share")).resolve("offboard");
  }

  /** The data directory of this host's daemon. */
  static Path dataDirectory() {
    String given = Settings.get("OFFBOARD_DATA_DIR");
    return given.isEmpty() ? home().resolve("daemon") : Path.of(given);
  }

  /** The id of this instance, made at first use. */
  static String instanceId() {
    String given = Settings.get("OFFBOARD_INSTANCE_ID");
    if (!given.isEmpty()) {
      return checked(given, "OFFBOARD_INSTANCE_ID");
    }
    Path path = home().resolve("instance-id");
    try {
      if (!Files.exists(path)) {
        makePrivate(path.getParent());
        // Of several processes that get here at once one wins, and all read what it wrote.
        writeFile(path, "i-" + hex(9).substring(0, 17) + "\n", false);
      }
      return checked(Files.readString(path).trim(), path.toString());
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  /** The secret that this instance shows to an accelerator; empty when there is none. */
  static ByteString secretOf(String instance, String accelerator) {
    if (!ACCELERATOR.matcher(accelerator).matches()) {
      return ByteString.EMPTY;
    }
    return secret(readJson(secrets(instance).resolve(accelerator + ".json")));
  }

  /** The secret for the last accelerator met at an endpoint; empty when there is none. */
  static ByteString secretFor(String instance, String endpoint) {
    ByteString youngest = ByteString.EMPTY;
    long time = Long.MIN_VALUE;
    if (!Files.isDirectory(secrets(instance))) {
      return youngest;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(secrets(instance), "eia-*.json")) {
      for (Path file : files) {
        JsonObject record = readJson(file);
        long modified = Files.getLastModifiedTime(file).toMillis();
        if (record != null && endpoints(record).contains(WRITER.toJsonTree(endpoint)) && modified > time) {
          time = modified;
          youngest = secret(record);
        }
      }
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    return youngest;
  }

  /** Keeps what an attach returned, readable by this user only. */
  static void storeSecret(String instance, ByteString secret, String accelerator, String association, String endpoint) {
    if (!ACCELERATOR.matcher(accelerator).matches()) {
      throw new IllegalArgumentException("not an accelerator id: " + accelerator);
    }
    Path path = secrets(instance).resolve(accelerator + ".json");
    JsonObject former = readJson(path);
    JsonArray endpoints = new JsonArray();
    if (former != null && secret(former).equals(secret)) {
      endpoints(former).forEach(known -> {
        if (!known.equals(WRITER.toJsonTree(endpoint))) {
          endpoints.add(known);
        }
      });
    }
    endpoints.add(endpoint);
    JsonObject record = new JsonObject();
    record.addProperty("format", FORMAT);
    record.addProperty("instance", instance);
    record.addProperty("accelerator", accelerator);
    record.addProperty("association", association);
    record.add("endpoints", endpoints);
    record.addProperty("secret", hex(secret.toByteArray()));
    try {
      makePrivate(path.getParent());
      writeFile(path, WRITER.toJson(record) + "\n", true);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  /** Does something while no other process of this instance attaches. */
  static <T> T attaching(Supplier<T> work) {
    ATTACHING.lock();
    try {
      makePrivate(home());
      Path file = home().resolve("attach.lock");
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
          FileLock lock = channel.lock()) {
        assert lock.isValid();
        return work.get();
      }
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    } finally {
      ATTACHING.unlock();
    }
  }

  /** A JSON file of our format; null when it is absent or of another. */
  static JsonObject readJson(Path path) {
    try {
      JsonElement element = JsonParser.parseString(Files.readString(path));
      boolean ours = element.isJsonObject() && element.getAsJsonObject().has("format")
          && element.getAsJsonObject().get("format").getAsInt() == FORMAT;
      return ours ? element.getAsJsonObject() : null;
    } catch (IOException | JsonParseException | IllegalStateException | NumberFormatException error) {
      return null;
    }
  }

  private static Path secrets(String instance) {
    return home().resolve("secrets").resolve(checked(instance, "instance"));
  }

  private static JsonArray endpoints(JsonObject record) {
    return record.has("endpoints") && record.get("endpoints").isJsonArray() ? record.getAsJsonArray("endpoints") : new JsonArray();
  }

  private static ByteString secret(JsonObject record) {
    try {
      return record == null ? ByteString.EMPTY : ByteString.fromHex(record.get("secret").getAsString());
    } catch (RuntimeException malformed) {
      return ByteString.EMPTY;
    }
  }

  private static String checked(String text, String source) {
    if (!INSTANCE.matcher(text).matches()) {
      throw new IllegalArgumentException(source + " holds '" + text + "': an instance id is 'i-' and 17 hexadecimal digits");
    }
    return text;
  }

  private static void makePrivate(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
  }

  private static void writeFile(Path path, String content, boolean replace) throws IOException {
    // Made with mode 0600, as Java makes all temporary files.
    Path temporary = Files.createTempFile(path.getParent(), "." + path.getFileName() + ".", null);
    try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
      channel.write(StandardCharsets.UTF_8.encode(content));
      channel.force(true);
      if (replace) {
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } else {
        Files.createLink(path, temporary);
      }
    } catch (FileAlreadyExistsException first) {
      if (replace) {
        throw first;
      }
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** Random bytes in hexadecimal. */
  static String hex(int bytes) {
    byte[] random = new byte[bytes];
    RANDOM.nextBytes(random);
    return hex(random);
  }

  private static String hex(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (byte each : bytes) {
      text.append(String.format("%02x", each));
    }
    return text.toString();
  }
}
