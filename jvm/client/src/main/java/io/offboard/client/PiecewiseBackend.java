package io.offboard.client;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Runs the pieces of a partition on the accelerator, one after the other; what they hand on travels by name. */
final class PiecewiseBackend implements Backend {
  private final Partition partition;
  private final Set<String> fed;
  private final boolean settled;
  private final Backend[] backends;
  private long forwards;

  PiecewiseBackend(
      Partition partition, Map<String, Tensor> arrays, Map<String, Long> versions, Collection<String> fed, boolean settled) {
    this.partition = partition;
    this.fed = new HashSet<>(fed);
    this.settled = settled;
    this.backends = new Backend[partition.pieces.size()];
    for (int i = 0; i < backends.length; i++) {
      // What depends on no other piece is bound at once, so that its errors and its weights come early.
      if (partition.pieces.get(i).received.isEmpty()) {
        bind(i, arrays, versions);
      }
    }
  }

  private void bind(int index, Map<String, Tensor> arrays, Map<String, Long> versions) {
    Partition.Piece piece = partition.pieces.get(index);
    Set<String> inputs = new HashSet<>(fed);
    inputs.addAll(piece.received);
    backends[index] = Bindings.accelerator(piece.graph, piece.own(arrays), piece.own(versions), inputs,
        settled || !piece.received.isEmpty());
  }

  @Override
  public synchronized void forward(Map<String, Tensor> arrays, Map<String, Long> versions, boolean isTrain, Receiver receiver) {
    Map<String, Tensor> known = new HashMap<>(arrays);
    Map<String, Long> tokens = new HashMap<>(versions);
    forwards++;
    for (int i = 0; i < backends.length; i++) {
      Partition.Piece piece = partition.pieces.get(i);
      if (backends[i] == null) {
        bind(i, known, tokens);
      }
      List<Tensor> made = backends[i].forward(piece.own(known), piece.own(tokens), isTrain);
      for (int j = 0; j < made.size(); j++) {
        known.put(piece.outputs.get(j), made.get(j));
        tokens.put(piece.outputs.get(j), forwards);
      }
    }
    for (int i = 0; i < partition.heads.size(); i++) {
      Tensor output = known.get(partition.heads.get(i));
      receiver.take(i, output.dtype(), output.shape(), output.data());
    }
  }

  @Override
  public synchronized void close() {
    for (Backend each : backends) {
      if (each != null) {
        each.close();
      }
    }
  }
}
