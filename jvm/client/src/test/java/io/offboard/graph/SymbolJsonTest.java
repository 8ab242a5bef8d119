package io.offboard.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.offboard.client.OffboardException;
import io.offboard.testing.Daemon;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SymbolJsonTest {
  @Test
  void aGraphKeepsItsLists() throws IOException {
    String text = Files.readString(Daemon.root().resolve("tests/data/digits-gluon-resnet/digits-resnet-symbol.json"));
    Graph graph = SymbolJson.loads(text);
    Graph again = SymbolJson.loads(SymbolJson.dumps(graph));
    assertEquals(graph.argumentNames(), again.argumentNames());
    assertEquals(graph.auxiliaryNames(), again.auxiliaryNames());
    assertEquals(graph.outputNames(), again.outputNames());
    assertTrue(graph.auxiliaryNames().stream().allMatch(name -> name.contains("running")), graph.auxiliaryNames()::toString);
  }

  @Test
  void everyOutputOfEveryNodeIsListed() {
    Entry data = new Entry(Node.variable("data", Map.of()), 0);
    Graph graph = new Graph(Composition.compose("SliceChannel", hint -> "split", Map.of("num_outputs", "2"), List.of(data), Map.of()));
    assertEquals(List.of("data", "split_output0", "split_output1"), new Graph(graph.internals()).outputNames());
  }

  @Test
  void filesBeforeVersion09LackAuxiliaryStates() {
    Graph graph = SymbolJson.loads("{\"nodes\": [{\"op\": \"null\", \"param\": {}, \"name\": \"data\", \"inputs\": [], \"backward_source_id\": -1},"
        + "{\"op\": \"null\", \"param\": {}, \"name\": \"bn_gamma\", \"inputs\": []}, {\"op\": \"null\", \"param\": {}, \"name\": \"bn_beta\", \"inputs\": []},"
        + "{\"op\": \"BatchNorm\", \"param\": {\"eps\": \"0.001\"}, \"name\": \"bn\", \"inputs\": [[0, 0], [1, 0], [2, 0]], \"attr\": {\"lr_mult\": \"2\"}}],"
        + "\"arg_nodes\": [0, 1, 2], \"heads\": [[3, 0]]}");
    assertEquals(List.of("data", "bn_gamma", "bn_beta"), graph.argumentNames());
    assertEquals(List.of("bn_moving_mean", "bn_moving_var"), graph.auxiliaryNames());
    assertEquals(List.of("bn_output"), graph.outputNames());
    assertEquals("2", graph.heads().get(0).node().attributes().get("__lr_mult__"));
  }

  @ParameterizedTest
  @CsvSource(delimiter = ';', value = {
      "[ ; cannot be parsed",
      "{} ; needs nodes, arg_nodes and heads",
      "{\"nodes\": [], \"arg_nodes\": [], \"heads\": [[0, 0, 0]]} ; names node 0, there are 0",
      "{\"nodes\": [{\"op\": \"Nonsense\", \"name\": \"a\", \"inputs\": []}], \"arg_nodes\": [], \"heads\": []} ; Cannot find Operator Nonsense in registry",
      "{\"nodes\": [{\"op\": \"sin\", \"name\": \"a\", \"inputs\": [[0, 0, 0]]}], \"arg_nodes\": [], \"heads\": []} ; depends on itself",
      "{\"nodes\": [{\"op\": \"null\", \"name\": \"a\", \"inputs\": [], \"attrs\": {\"k\": 1}}], \"arg_nodes\": [], \"heads\": []} ; is not a string",
      "{\"nodes\": 1, \"arg_nodes\": [], \"heads\": []} ; is malformed",
  })
  void whatIsNoGraphIsRefused(String text, String said) {
    OffboardException error = assertThrows(OffboardException.class, () -> SymbolJson.loads(text));
    assertTrue(error.getMessage().contains(said), error::getMessage);
  }
}
