"""The third handler of the cleanup image: tells receivers of jobs that have ended."""
