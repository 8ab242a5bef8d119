/** Symbol graphs, symbol JSON of every MXNet version, and {@code .params} files. */
package io.offboard.graph;
