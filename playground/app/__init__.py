"""What people see: state, texts, charts, panels and pages. Reads state, calls the core, draws."""
