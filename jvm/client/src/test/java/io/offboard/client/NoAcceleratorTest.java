package io.offboard.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said where there is nothing to attach to, and how endpoints are read. */
class NoAcceleratorTest {
  @TempDir Path home;

  @BeforeEach
  void alone() {
    System.setProperty("offboard.home", home.toString());
  }

  @AfterEach
  void forget() {
    System.clearProperty("offboard.home");
    System.clearProperty("offboard.endpoint");
    System.clearProperty("offboard.ca");
  }

  @Test
  void noDaemon() {
    NoAcceleratorException error = assertThrows(NoAcceleratorException.class, Connection::current);
    assertTrue(error.getMessage().startsWith("Error: Failed to query accelerator metadata.\nFailed to detect any accelerator\n"));
  }

  @Test
  void nothingAnswers() {
    System.setProperty("offboard.endpoint", "127.0.0.1:1");
    NoAcceleratorException error = assertThrows(NoAcceleratorException.class, Connection::current);
    assertTrue(error.getMessage().contains("Nothing answers at 127.0.0.1:1 (OFFBOARD_ENDPOINT)"));
  }

  @Test
  void anEndpointThatIsNone() {
    System.setProperty("offboard.endpoint", "somewhere");
    assertThrows(NoAcceleratorException.class, Endpoint::resolve);
  }

  @Test
  void beyondLoopbackItIsTls() {
    System.setProperty("offboard.endpoint", "accelerators.example:5051");
    assertTrue(Endpoint.resolve().secure);
    System.setProperty("offboard.endpoint", "[::1]:5051");
    assertEquals(false, Endpoint.resolve().secure);
    System.setProperty("offboard.ca", "ca.pem");
    assertTrue(Endpoint.resolve().secure);
  }
}
