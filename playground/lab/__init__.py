"""What is kept and who works: model folders, the queue, the notebook, paths."""
