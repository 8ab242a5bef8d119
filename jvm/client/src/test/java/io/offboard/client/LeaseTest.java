package io.offboard.client;

import static org.junit.jupiter.api.Assertions.assertSame;

import io.offboard.testing.Daemon;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Leases of a daemon whose operator made them short. */
class LeaseTest {
  private Daemon daemon;

  @BeforeEach
  void start() throws IOException {
    daemon = new Daemon("--limit", "lease_seconds=1");
  }

  @AfterEach
  void stop() throws IOException {
    daemon.close();
  }

  @Test
  void isRenewedByTheDaemonsOwnLease() throws InterruptedException {
    Lenet lenet = new Lenet();
    try (Backend backend = lenet.bind()) {
      Connection before = Connection.current();
      // The daemon looks for lapsed sessions within this time.
      Thread.sleep(3000);
      lenet.assertGolden(backend.forward(lenet.arrays, lenet.versions, false));
      assertSame(before, Connection.current());
    }
  }
}
