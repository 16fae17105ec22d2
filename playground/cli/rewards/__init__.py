"""Commands about rewards and worlds, which need no model: presets, check, repair, export, probes, worlds."""
