package io.offboard.gateway;

import java.util.ArrayDeque;
import java.util.Deque;

/** Regions of one connection that wait for the next call: the last few, and no large ones. */
final class Regions {
  private static final int KEPT = 8;
  private static final long LARGE = 64L << 20;
  private static final long SMALLEST = 1L << 16;

  private final Connection connection;
  private final Deque<Region> idle = new ArrayDeque<>();

  Regions(Connection connection) {
    this.connection = connection;
  }

  /** A region of at least this size, the caller's until it is given back. */
  Region borrow(long size) {
    synchronized (idle) {
      for (var each = idle.iterator(); each.hasNext(); ) {
        Region region = each.next();
        if (region.size() >= size) {
          each.remove();
          return region;
        }
      }
    }
    long rounded = SMALLEST;
    while (rounded < size) {
      rounded *= 2;
    }
    return Region.open(connection, size > LARGE ? size : rounded);
  }

  void giveBack(Region region) {
    Region surplus = region;
    if (region.size() <= LARGE) {
      synchronized (idle) {
        idle.addFirst(region);
        surplus = idle.size() > KEPT ? idle.removeLast() : null;
      }
    }
    if (surplus != null) {
      surplus.close();
    }
  }
}
