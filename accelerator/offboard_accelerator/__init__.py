"""The daemon of Offboard: a supervisor, and one worker process an accelerator."""
