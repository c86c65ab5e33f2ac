"""The hub: the domain, the law and the ledger of Privacy Hub."""
