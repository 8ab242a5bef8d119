package io.offboard.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFilesTest {
  private static final String ACCELERATOR = "eia-0123456789abcdef0123456789abcdef";

  @TempDir Path folder;

  @BeforeEach
  void alone() {
    System.setProperty("offboard.home", folder.resolve("home").toString());
  }

  @AfterEach
  void forget() {
    System.clearProperty("offboard.home");
    System.clearProperty("offboard.instance.id");
  }

  @Test
  void anInstanceKeepsItsId() throws IOException {
    String id = StateFiles.instanceId();
    assertTrue(id.matches("i-[0-9a-f]{17}"));
    assertEquals(id, StateFiles.instanceId());
    assertEquals(id + "\n", Files.readString(folder.resolve("home/instance-id")));
  }

  @Test
  void aGivenIdIsChecked() {
    System.setProperty("offboard.instance.id", "i-0123456789abcdefg");
    assertThrows(IllegalArgumentException.class, StateFiles::instanceId);
  }

  @Test
  void secretsAreFoundByEndpointAndByAccelerator() throws IOException {
    String instance = StateFiles.instanceId();
    ByteString secret = ByteString.fromHex("00ff");
    StateFiles.storeSecret(instance, secret, ACCELERATOR, "eia-assoc-0", "unix:/a");
    StateFiles.storeSecret(instance, secret, ACCELERATOR, "eia-assoc-0", "127.0.0.1:1");
    assertEquals(secret, StateFiles.secretFor(instance, "unix:/a"));
    assertEquals(secret, StateFiles.secretFor(instance, "127.0.0.1:1"));
    assertEquals(ByteString.EMPTY, StateFiles.secretFor(instance, "127.0.0.1:2"));
    assertEquals(secret, StateFiles.secretOf(instance, ACCELERATOR));
    assertEquals(ByteString.EMPTY, StateFiles.secretOf(instance, "../" + ACCELERATOR));
    Path file = folder.resolve("home/secrets/" + instance + "/" + ACCELERATOR + ".json");
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
  }

  @Test
  void aFileOfAnotherFormatCountsAsAbsent() throws IOException {
    Path file = Files.writeString(folder.resolve("daemon.json"), "{\"format\": 2}");
    assertEquals(null, StateFiles.readJson(file));
    assertEquals(null, StateFiles.readJson(Files.writeString(file, "{")));
  }
}
