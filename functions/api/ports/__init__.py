"""What the routes need of the world, as protocols."""
