"""Files made to crash, stall or flood a reader, by name: each is made when it is asked for."""
