"""Pages for people. They need no script, speak English, French and Arabic, and look alike on paper and in the dark."""
