"""One package a function; none imports another."""
