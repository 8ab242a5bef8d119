package org.apache.mxnet

/** MXNet's profiler, which looks into a library that is not here. */
object Profiler {
  val state2Int: Map[String, Int] = Map("stop" -> 0, "run" -> 1)

  private def refused: Nothing = throw new MXNetError("There is no profiler on the JVM: ask `offboard describe` where graphs ran and what they cost")

  def profilerSetConfig(kwargs: Map[String, String]): Unit = refused

  def profilerSetState(state: String = "stop"): Unit = {
    require(state2Int.contains(state), s"the profiler's state is one of ${state2Int.keys.mkString(", ")}, not $state")
    refused
  }

  def dumpProfile(finished: Int = 1): Unit = refused
}

/** Kernels of CUDA compiled at run time: there is no GPU in the instance. */
class Rtc(name: String, inputs: Array[(String, NDArray)], outputs: Array[(String, NDArray)], kernel: String) {
  throw MXNetError.ofRule("gpu_disabled")

  def push(ins: Array[NDArray], outs: Array[NDArray], gridDims: (Int, Int, Int), blockDims: (Int, Int, Int)): Unit = ()

  def dispose(): Unit = ()
}
