"""The GraphQL door: how programs ask the hub.

``endpoint`` speaks HTTP, ``documents`` decides what may run, ``door`` opens an Ask or an Act for a field,
``relay`` gives things ids and pages, ``problems`` says what went wrong. The rest of the package is one file
per noun.
"""
