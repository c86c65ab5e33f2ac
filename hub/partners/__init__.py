"""What goes to partners and comes back from them: who may receive what, is handed it, and must forget it."""
