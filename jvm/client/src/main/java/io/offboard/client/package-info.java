/** The instance side of the wire: finding, attaching to and using an accelerator. */
package io.offboard.client;
