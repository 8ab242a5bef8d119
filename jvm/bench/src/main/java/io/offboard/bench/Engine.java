package io.offboard.bench;

/** Something that runs a network on one input. */
interface Engine extends AutoCloseable {
  /** The first output, as the program that asked would read it. */
  float[] infer(float[] input) throws Exception;
}
