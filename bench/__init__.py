"""Measurements, each as a ratio against a baseline in the same run: machines are noisy, ratios less so.

``python -m bench`` runs all of them; ``python -m bench decide policy`` those named. What is measured, how, and
what came out is in docs/performance.md.
"""
