package org.apache.mxnet

import java.nio.file.Path

import org.apache.mxnet.Refusals.assertMxnetError
import org.apache.mxnet.io.NDArrayIter
import org.junit.jupiter.api.Assertions.{assertEquals, assertTrue}
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

class FeedForwardTest {
  @Test def aCheckpointPredictsAnIterator(@TempDir folder: Path): Unit = {
    val lenet = new Lenet
    val model = FeedForward.load(lenet.prefix.toString, 30)
    val batches = new NDArrayIter(IndexedSeq(lenet.data), dataBatchSize = 3)
    lenet.assertGolden(model.predict(batches)(0))
    val again = FeedForward.deserialize(model.serialize())
    lenet.assertGolden(again.predict(batches)(0))
    model.save(folder.resolve("copy").toString, 7)
    assertEquals(lenet.argParams, Model.loadCheckpoint(folder.resolve("copy").toString, 7)._2)
    assertEquals(Shape(3, 10), model.predict(batches, numBatch = 1)(0).shape)
    model.dispose()
    assertTrue(model.predExec.isDisposed)
  }

  @Test def trainingIsRefused(): Unit = {
    val data = new NDArrayIter(IndexedSeq(NDArray.ones(2, 2)))
    val symbol = Symbol.Variable("data")
    assertMxnetError("fit is not available: Offboard runs inference only")(FeedForward.newBuilder(symbol).setTrainData(data).build())
    assertMxnetError("KVStore.create(local) is not available")(KVStore.create())
    assertMxnetError("SGD.createState is not available")(new optimizer.SGD().createState(0, NDArray.ones(1)))
    assertMxnetError("Adam.update is not available")(new optimizer.Adam().update(0, NDArray.ones(1), NDArray.ones(1), null))
    assertMxnetError("is not supported")(Operator.register("mine", null))
  }

  @Test def anOptimizerIsConfiguredAndSerialized(): Unit = {
    val made = new optimizer.SGD(learningRate = 0.1f, momentum = 0.9f)
    val text = Serializer.encodeBase64String(Serializer.getSerializer.serialize(made))
    val again = Serializer.getSerializer.deserialize[optimizer.SGD](Serializer.decodeBase64String(text))
    assertEquals(0.1f, again.learningRate)
    val scheduler = new FactorScheduler(2, 0.5f)
    scheduler.baseLR = 1f
    assertEquals(Seq(1f, 1f, 0.5f, 0.5f, 0.25f), (1 to 5).map(scheduler(_)))
  }
}
