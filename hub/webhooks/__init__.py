"""Webhooks: partners and apps are told that something is there for them; what it is, they ask (Standard Webhooks)."""
