"""Who is asking: OAuth2 clients, the tokens they hold, and the authorization server that gives them out."""
