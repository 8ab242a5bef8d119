package io.offboard.rules;

import com.google.gson.annotations.SerializedName;
import java.util.List;
import java.util.Map;

/** What the catalogue says of graphs. */
public final class GraphRules {
  @SerializedName("learned_inputs")
  private List<String> learnedInputs;

  @SerializedName("table_bytes")
  private int tableBytes;

  @SerializedName("hidden_keys")
  private List<String> hiddenKeys;

  private Map<String, Map<String, String>> initializers;

  private GraphRules() {}

  /** Inputs of operators that hold what was learned. */
  public List<String> learnedInputs() {
    return learnedInputs;
  }

  /** A tensor of this size that nobody feeds is a table (anchors, positions) rather than data. */
  public int tableBytes() {
    return tableBytes;
  }

  /** Attributes that MXNet writes between underscores. */
  public List<String> hiddenKeys() {
    return hiddenKeys;
  }

  /** By operator and input: how the variables that feed them begin. */
  public Map<String, Map<String, String>> initializers() {
    return initializers;
  }
}
