"""What is asked of an account before anything is built or made: one page, and whether it stops."""
