/** The operator table that Python exports: what is needed to compose symbols and list their arguments. */
package io.offboard.operators;
