"""Commands about one model: train, evaluate, breakdown, record, list and delete, import and export."""
