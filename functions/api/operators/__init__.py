"""What operators see and do: tasks, workers, queues, dead letters; each action with an audit entry."""
